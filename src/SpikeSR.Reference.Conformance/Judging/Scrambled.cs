using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// A backend of a profile that makes use of everything it is granted, at random: sums are kept in three accumulators and added up in any order,
/// fused or not, quotients are products with a reciprocal or not, functions are off by up to their units in the last place. It shows that bounds are sound (SPEC BND-6).
/// </summary>
/// <typeparam name="TRounding">How it rounds.</typeparam>
internal readonly struct Scrambled<TRounding> : IErrorScalar<Scrambled<TRounding>>
    where TRounding : struct, IRounding
{
    // Partial sums, each rounded to the accumulator.
    private readonly double _a;
    private readonly double _b;
    private readonly double _c;

    private Scrambled(double a, double b = 0, double c = 0) => (_a, _b, _c) = (a, b, c);

    /// <inheritdoc/>
    public static bool CarriesDerivative => false;

    /// <inheritdoc/>
    public static int Samples => 0;

    /// <inheritdoc/>
    public static double OneRounding => 0;

    /// <inheritdoc/>
    public double Error => 0;

    private static int FinestSum => Math.Min(TRounding.LowestGrid, -126);

    private static bool Flip => Dice.Next(2) == 0;

    // The accumulators in any order.
    private double Value => Dice.Next(3) switch
    {
        0 => Sum(Sum(_a, _b), _c),
        1 => Sum(Sum(_b, _c), _a),
        _ => Sum(Sum(_a, _c), _b),
    };

    /// <inheritdoc/>
    public static Scrambled<TRounding> operator +(Scrambled<TRounding> left, Scrambled<TRounding> right) => (right._b == 0 && right._c == 0, Dice.Next(3)) switch
    {
        (true, 0) => new(Sum(left._a, right._a), left._b, left._c),
        (true, 1) => new(left._a, Sum(left._b, right._a), left._c),
        (true, _) => new(left._a, left._b, Sum(left._c, right._a)),
        (_, 0) => new(Sum(left._a, right._a), Sum(left._b, right._b), Sum(left._c, right._c)),
        (_, 1) => new(Sum(left._a, right._b), Sum(left._b, right._c), Sum(left._c, right._a)),
        _ => new(Sum(left._a, right._c), Sum(left._b, right._a), Sum(left._c, right._b)),
    };

    /// <inheritdoc/>
    public static Scrambled<TRounding> operator -(Scrambled<TRounding> left, Scrambled<TRounding> right) => left + -right;

    /// <inheritdoc/>
    public static Scrambled<TRounding> operator *(Scrambled<TRounding> left, Scrambled<TRounding> right) => new(MaybeStored(Accumulated(left.Value * right.Value)));

    /// <inheritdoc/>
    public static Scrambled<TRounding> operator /(Scrambled<TRounding> left, Scrambled<TRounding> right)
    {
        var (dividend, divisor) = (left.Value, right.Value);
        if (double.IsPow2(Math.Abs(divisor)))
        {
            // Any way of dividing is exact here.
            return new(dividend / divisor);
        }

        return new(MaybeStored(Flip ? Off(dividend / divisor, TRounding.DivisionUlps) : Accumulated(dividend * Off(1 / divisor, TRounding.DivisionUlps))));
    }

    /// <inheritdoc/>
    public static Scrambled<TRounding> operator -(Scrambled<TRounding> value) => new(-value._a, -value._b, -value._c);

    /// <inheritdoc/>
    public static Scrambled<TRounding> FromDouble(double value) => new(Stored(value));

    /// <inheritdoc/>
    public static double ToDouble(Scrambled<TRounding> value) => value.Value;

    /// <inheritdoc/>
    public static Scrambled<TRounding> FusedMultiplyAdd(Scrambled<TRounding> left, Scrambled<TRounding> right, Scrambled<TRounding> addend)
    {
        var (x, y) = (Operand(left.Value), Operand(right.Value));
        if (!Flip)
        {
            return addend + new Scrambled<TRounding>(Accumulated(x * y));
        }

        return Dice.Next(3) switch
        {
            0 => new(Accumulated(Math.FusedMultiplyAdd(x, y, addend._a)), addend._b, addend._c),
            1 => new(addend._a, Accumulated(Math.FusedMultiplyAdd(x, y, addend._b)), addend._c),
            _ => new(addend._a, addend._b, Accumulated(Math.FusedMultiplyAdd(x, y, addend._c))),
        };
    }

    /// <inheritdoc/>
    public static Scrambled<TRounding> Sqrt(Scrambled<TRounding> value) => new(MaybeStored(Off(Math.Sqrt(value.Value), TRounding.RootUlps)));

    /// <inheritdoc/>
    public static Scrambled<TRounding> Abs(Scrambled<TRounding> value) => new(Math.Abs(value.Value));

    /// <inheritdoc/>
    public static Scrambled<TRounding> Exp(Scrambled<TRounding> value) => new(MaybeStored(Off(Math.Exp(value.Value), TRounding.ExpUlps)));

    /// <inheritdoc/>
    public static Scrambled<TRounding> Erf(Scrambled<TRounding> value) => new(MaybeStored(OffErf(ExactMath.Erf(value.Value))));

    /// <inheritdoc/>
    public static Scrambled<TRounding> Sigmoid(Scrambled<TRounding> value) => Flip
        ? FromDouble(1) / (FromDouble(1) + Exp(-value))
        : FromDouble(0.5) * (FromDouble(1) + new Scrambled<TRounding>(MaybeStored(Off(Math.Tanh(value.Value / 2), TRounding.TanhUlps))));

    /// <inheritdoc/>
    public static Scrambled<TRounding> Gelu(Scrambled<TRounding> value)
    {
        var x = new Scrambled<TRounding>(value.Value);
        if (double.IsInfinity(x._a))
        {
            return new(ExactMath.Gelu(x._a));
        }

        return (x * FromDouble(0.5)) * (FromDouble(1) + Erf(x * new Scrambled<TRounding>(Accumulated(Math.Sqrt(0.5)))));
    }

    /// <inheritdoc/>
    public static Scrambled<TRounding> GeluDerivative(Scrambled<TRounding> value)
    {
        var x = new Scrambled<TRounding>(value.Value);
        if (double.IsInfinity(x._a))
        {
            return new(ExactMath.GeluDerivative(x._a));
        }

        var cumulative = FromDouble(0.5) * (FromDouble(1) + Erf(x * new Scrambled<TRounding>(Accumulated(Math.Sqrt(0.5)))));
        var density = new Scrambled<TRounding>(Accumulated(1 / Math.Sqrt(2 * Math.PI))) * Exp((x * x) * FromDouble(-0.5));
        return cumulative + (x * density);
    }

    /// <inheritdoc/>
    public static bool IsGreater(Scrambled<TRounding> left, Scrambled<TRounding> right) => left.Value > right.Value;

    /// <inheritdoc/>
    public static double Floor(Scrambled<TRounding> value) => Math.Floor(value.Value);

    /// <inheritdoc/>
    public static Scrambled<TRounding> Fire(Scrambled<TRounding> u, in SurrogateFunction surrogate) => new(u.Value >= 0 ? 1 : 0);

    /// <inheritdoc/>
    public static Scrambled<TRounding> Detach(Scrambled<TRounding> value) => new(value.Value);

    /// <inheritdoc/>
    public Scrambled<TRounding> Store() => new(Stored(Value));

    /// <inheritdoc/>
    public Scrambled<TRounding> AsOperand() => new(Flip ? Operand(Value) : Value);

    /// <inheritdoc/>
    public Scrambled<TRounding> Widen(double by) => Store();

    /// <inheritdoc/>
    public void Sample(Span<float> into)
    {
    }

    /// <summary>A number as a tensor holds it.</summary>
    /// <param name="value">Any number.</param>
    public static double Stored(double value) => Digits.Round(value, Digits.Of(TRounding.Storage), TRounding.LowestGrid, isTruncated: false);

    private static double Sum(double left, double right) => right == 0 ? left : left == 0 ? right : Accumulated(left + right);

    // Where sums are truncated, to nearest or towards zero.
    private static double Accumulated(double value) => Digits.Round(value, Digits.Of(TRounding.Accumulation), FinestSum, Digits.IsTruncated(TRounding.Accumulation) && Flip);

    private static double MaybeStored(double value) => Flip ? Stored(value) : value;

    private static double Operand(double value) => TRounding.Operand == 0 ? value : Digits.Round(value, TRounding.OperandDigits, FinestSum, isTruncated: Flip);

    // Of erf the units may be those of 1.
    private static double OffErf(double erf) =>
        Accumulated(erf + (2 * TRounding.Accumulation * Math.Max(0, Roundoff<TRounding>.ErfUlps(Math.Abs(erf)) - 0.5) * ((Dice.Next(2001) - 1000) / 1001.0)));

    // Off by up to so many units, the last rounding included.
    private static double Off(double value, double ulps) =>
        Accumulated(value * (1 + (Math.Max(0, ulps - 0.5) * 2 * TRounding.Accumulation * ((Dice.Next(2001) - 1000) / 1001.0))));
}
