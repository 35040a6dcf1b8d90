using System.Runtime.Intrinsics;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// A number with 16 draws of its error to first order: every rounding that <see cref="Bounded{TRounding}"/> bounds enters here as that bound times a Cauchy number, and is
/// carried on by the derivative. What cancels further on cancels here too, which a bound that is handed on from operation to operation cannot see; and
/// the median of the draws is the largest error that any choice of signs of all roundings can give (SPEC BND-5).
/// </summary>
/// <typeparam name="TRounding">How the backend rounds.</typeparam>
internal readonly struct Probe<TRounding> : IErrorScalar<Probe<TRounding>>
    where TRounding : struct, IRounding
{
    // In place of a grid: the value is rounded somewhere; a term of a product sum whose own rounding is left to the sum.
    private const int Inexact = int.MinValue / 4;
    private const int Pending = Inexact - 1;

    private readonly Vector512<float> _draws;
    private readonly double _value;
    private readonly double _magnitude;
    private readonly int _count;
    private readonly int _grid;

    private Probe(double value, Vector512<float> draws, double magnitude, int count, int grid) =>
        (_value, _draws, _magnitude, _count, _grid) = (value, draws, magnitude, count, grid);

    /// <inheritdoc/>
    public static bool CarriesDerivative => false;

    /// <inheritdoc/>
    public static int Samples => CauchyScale.Lanes;

    /// <inheritdoc/>
    public static double OneRounding => TRounding.Accumulation + TRounding.Storage;

    /// <summary>What the draws count: a float has not the range of a double.</summary>
    public static double Unit => Roundoff<TRounding>.Unit;

    /// <inheritdoc/>
    public double Error
    {
        get
        {
            var closed = Close();
            if (closed.IsOnGrid)
            {
                return 0;
            }

            Span<float> draws = stackalloc float[CauchyScale.Lanes];
            closed._draws.CopyTo(draws);
            return CauchyScale.Bound(draws, Unit);
        }
    }

    private bool IsExactZero => _magnitude == 0 && IsOnGrid;

    // The magnitude that a product is multiplied out with: that of the terms of an open sum, else of the value.
    private double Terms => _count > 1 ? _magnitude : Math.Abs(_value);

    private bool IsOnGrid => _grid > Inexact;

    private bool IsExact => IsOnGrid && Roundoff<TRounding>.IsExact(_magnitude, _grid);

    /// <inheritdoc/>
    public static Probe<TRounding> operator +(Probe<TRounding> left, Probe<TRounding> right) => Add(left, right, left._value + right._value);

    /// <inheritdoc/>
    public static Probe<TRounding> operator -(Probe<TRounding> left, Probe<TRounding> right) => Add(left, -right, left._value - right._value);

    /// <inheritdoc/>
    public static Probe<TRounding> operator *(Probe<TRounding> left, Probe<TRounding> right)
    {
        var value = left._value * right._value;
        if (left.IsExactZero || right.IsExactZero)
        {
            return Zero(value);
        }

        if ((right._count <= 1 && right.IsPowerOfTwo) || (left._count <= 1 && left.IsPowerOfTwo))
        {
            var (factor, other) = right._count <= 1 && right.IsPowerOfTwo ? (right._value, right: left.Close()) : (left._value, right: right.Close());
            return Shift(value, other._draws * (float)factor, other.ScaledGrid(factor));
        }

        var draws = (left._draws * (float)right._value) + (right._draws * (float)left._value);
        var magnitude = left.Terms * right.Terms;
        var grid = left._grid + right._grid;
        if (left.IsExact && right.IsExact && Roundoff<TRounding>.IsExact(magnitude, grid))
        {
            return new(value, draws, magnitude, 1, grid);
        }

        // Closing either sum, or multiplying both out.
        var ofSums = left.OfSum() + right.OfSum();
        return Round(value, draws, magnitude, ((ofSums * (1 + ofSums)) + Roundoff<TRounding>.Ulps(0.5)) * magnitude);
    }

    /// <inheritdoc/>
    public static Probe<TRounding> operator /(Probe<TRounding> left, Probe<TRounding> right)
    {
        var value = left._value / right._value;
        if (left.IsExactZero)
        {
            return Zero(value);
        }

        var divisor = right.Close();
        if (divisor.IsPowerOfTwo)
        {
            var other = left.Close();
            return Shift(value, other._draws * (float)(1 / divisor._value), other.ScaledGrid(1 / divisor._value));
        }

        if (divisor.MayVanish)
        {
            return Unknown(value);
        }

        // Two divisions in double: a derivative may be far beyond a float's range where the quotient is not.
        var draws = (left._draws * (float)(1 / divisor._value)) - (divisor._draws * (float)(value / divisor._value));
        var magnitude = left.Terms / Math.Abs(divisor._value);
        return Round(value, draws, magnitude, (left.OfSum() + Roundoff<TRounding>.Ulps(0.5 + TRounding.DivisionUlps)) * magnitude);
    }

    /// <inheritdoc/>
    public static Probe<TRounding> operator -(Probe<TRounding> value) => new(-value._value, -value._draws, value._magnitude, value._count, value._grid);

    /// <inheritdoc/>
    public static Probe<TRounding> FromDouble(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return Zero(value);
        }

        var magnitude = Math.Abs(value);
        return TRounding.Holds(value) && Roundoff<TRounding>.Grid(value) is var grid && grid >= TRounding.LowestGrid
            ? new(value, default, magnitude, 1, grid)
            : Round(value, default, magnitude, TRounding.Storage * magnitude);
    }

    /// <inheritdoc/>
    public static double ToDouble(Probe<TRounding> value) => value._value;

    /// <inheritdoc/>
    public static Probe<TRounding> FusedMultiplyAdd(Probe<TRounding> left, Probe<TRounding> right, Probe<TRounding> addend)
    {
        var value = Math.FusedMultiplyAdd(left._value, right._value, addend._value);
        return left.IsExactZero || right.IsExactZero
            ? new(value, addend._draws, addend._magnitude, addend._count, addend._grid)
            : Add(Term(left.Close(), right.Close()), addend, value);
    }

    /// <inheritdoc/>
    public static Probe<TRounding> Sqrt(Probe<TRounding> value)
    {
        var root = Math.Sqrt(value._value);
        var closed = value.Close();
        return closed.IsExactZero ? Zero(root) : closed.MayVanish ? Unknown(root) : Function(root, closed._draws * (float)(0.5 / root), TRounding.RootUlps);
    }

    /// <inheritdoc/>
    public static Probe<TRounding> Abs(Probe<TRounding> value) => value.Close() is var closed && closed._value < 0 ? -closed : closed;

    /// <inheritdoc/>
    public static Probe<TRounding> Exp(Probe<TRounding> value)
    {
        var exp = ExactMath.Exp(value._value);
        return Function(exp, value.Close()._draws * (float)exp, TRounding.ExpUlps);
    }

    /// <inheritdoc/>
    public static Probe<TRounding> Erf(Probe<TRounding> value)
    {
        var erf = ExactMath.Erf(value._value);
        var slope = (float)(2 / Math.Sqrt(Math.PI) * ExactMath.Exp(-value._value * value._value));
        return Round(erf, value.Close()._draws * slope, Math.Abs(erf), Roundoff<TRounding>.Ulps(Roundoff<TRounding>.ErfUlps(Math.Abs(erf))));
    }

    /// <inheritdoc/>
    public static Probe<TRounding> Sigmoid(Probe<TRounding> value)
    {
        var sigmoid = ExactMath.Sigmoid(value._value);
        return Round(sigmoid, value.Close()._draws * (float)(sigmoid * (1 - sigmoid)), sigmoid, Roundoff<TRounding>.OfSigmoid(sigmoid, 0));
    }

    /// <inheritdoc/>
    public static Probe<TRounding> Gelu(Probe<TRounding> value)
    {
        var (x, gelu) = (value._value, ExactMath.Gelu(value._value));
        var cancelled = Math.Abs(x) / 2 * Roundoff<TRounding>.OfCumulative(x, Math.Abs(ExactMath.Erf(x / Math.Sqrt(2))));
        return Round(gelu, value.Close()._draws * (float)ExactMath.GeluDerivative(x), Math.Abs(gelu), cancelled + (Roundoff<TRounding>.Ulps(1.5) * Math.Abs(gelu)));
    }

    /// <inheritdoc/>
    public static Probe<TRounding> GeluDerivative(Probe<TRounding> value)
    {
        var (x, derivative) = (value._value, ExactMath.GeluDerivative(value._value));
        var slope = (2 - (x * x)) * ExactMath.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        var cumulative = Roundoff<TRounding>.OfCumulative(x, Math.Abs(ExactMath.Erf(x / Math.Sqrt(2)))) / 2;
        var error = cumulative + Roundoff<TRounding>.OfBump(x) + (Roundoff<TRounding>.Ulps(1.5) * Math.Abs(derivative));
        return Round(derivative, value.Close()._draws * (float)(double.IsFinite(x) ? slope : 0), Math.Abs(derivative), error);
    }

    /// <inheritdoc/>
    public static bool IsGreater(Probe<TRounding> left, Probe<TRounding> right) => left._value > right._value;

    /// <inheritdoc/>
    public static double Floor(Probe<TRounding> value) => Math.Floor(value._value);

    /// <inheritdoc/>
    public static Probe<TRounding> Fire(Probe<TRounding> u, in SurrogateFunction surrogate) => FromDouble(u._value >= 0 ? 1 : 0);

    /// <inheritdoc/>
    public static Probe<TRounding> Detach(Probe<TRounding> value) =>
        value._value == 0 || !double.IsFinite(value._value) ? Zero(value._value) : new(value._value, default, Math.Abs(value._value), 1, Roundoff<TRounding>.Grid(value._value));

    /// <inheritdoc/>
    public Probe<TRounding> Store()
    {
        var closed = Close();
        return closed.IsOnGrid || Roundoff<TRounding>.Storage == 0
            ? new(closed._value, closed._draws, Math.Abs(_value), closed._count, closed._grid)
            : Round(_value, closed._draws, Math.Abs(_value), Roundoff<TRounding>.Storage * Math.Abs(_value));
    }

    /// <inheritdoc/>
    public Probe<TRounding> AsOperand()
    {
        var closed = Close();
        return closed.OfOperand() is var own && own > 0 ? Round(_value, closed._draws, Math.Abs(_value), own * Math.Abs(_value)) : this;
    }

    /// <inheritdoc/>
    public Probe<TRounding> Widen(double by) => by == 0 ? Store() : Round(_value, Close()._draws, Math.Abs(_value), by);

    /// <inheritdoc/>
    public void Sample(Span<float> into) => Close()._draws.CopyTo(into);

    /// <summary>One draw of the error of a stored value, in <see cref="Unit"/>s.</summary>
    /// <param name="lane">Which.</param>
    public double Draw(int lane) => _draws[lane];

    // Whether the largest error reaches 0, where a root or a quotient has no derivative to go by. Half of the draws are then as large as the value.
    private bool MayVanish => _value != 0 && Vector512.GreaterThanOrEqualAny(Vector512.Abs(_draws), Vector512.Create((float)(Math.Abs(_value) / Unit)))
        && Error >= CauchyScale.Margin * Math.Abs(_value);

    private bool IsPowerOfTwo => IsOnGrid && double.IsPow2(Math.Abs(_value));

    private static Probe<TRounding> Unknown(double value) => new(value, Vector512.Create(float.PositiveInfinity), Math.Abs(value), 1, Inexact);

    private static Probe<TRounding> Zero(double value) => new(value, default, 0, 0, 0);

    // Times a power of two: nothing is rounded, and the sum is closed.
    private static Probe<TRounding> Shift(double value, Vector512<float> draws, int grid) => new(value, draws, Math.Abs(value), 1, grid);

    // A result with an error of its own. What overflows is no number that anything follows from.
    private static Probe<TRounding> Round(double value, Vector512<float> draws, double magnitude, double error) => Math.Abs(value) + error > TRounding.Largest
        ? Unknown(value)
        : new(value, draws + (CauchyScale.Next() * (float)((error + TRounding.Tiny) / Unit)), magnitude, 1, Inexact);

    private static Probe<TRounding> Function(double value, Vector512<float> draws, double ulps) =>
        Round(value, draws, Math.Abs(value), Roundoff<TRounding>.Ulps(ulps) * Math.Abs(value));

    // A term of a matrix product; the rounding of the product is left to the sum.
    private static Probe<TRounding> Term(Probe<TRounding> left, Probe<TRounding> right)
    {
        var value = left._value * right._value;
        var draws = (left._draws * (float)right._value) + (right._draws * (float)left._value);
        var operands = left.OfOperand() + right.OfOperand();
        if (operands > 0)
        {
            draws += CauchyScale.Next() * (float)(operands * Math.Abs(value) / Unit);
        }

        return new(value, draws, Math.Abs(value), 1, !left.IsOnGrid || !right.IsOnGrid || operands > 0 ? Pending : left._grid + right._grid);
    }

    private static Probe<TRounding> Add(Probe<TRounding> left, Probe<TRounding> right, double value)
    {
        if (right.IsExactZero)
        {
            return new(value, left._draws, left._magnitude, left._count, left._grid);
        }

        return left.IsExactZero
            ? new(value, right._draws, right._magnitude, right._count, right._grid)
            : new(value, left._draws + right._draws, left._magnitude + right._magnitude, left._count + right._count, Math.Min(left._grid, right._grid));
    }

    // n additions and starts, one product, one factor moved in.
    private double OfSum() => _count == 0 || (_grid == Inexact && _count == 1) || IsExact ? 0 : Roundoff<TRounding>.OfSum(_count, _count == 1 ? 1 : _count + 2);

    private double OfOperand() => TRounding.Operand == 0 || (IsOnGrid && Math.Abs(_value) <= Math.ScaleB(1, TRounding.OperandDigits + _grid)) ? 0 : TRounding.Operand;

    private int ScaledGrid(double factor) => IsOnGrid ? _grid + Math.ILogB(factor) : Inexact;

    private Probe<TRounding> Close()
    {
        if (_count == 0 || (_count == 1 && _grid == Inexact))
        {
            return this;
        }

        return IsExact
            ? new(_value, _draws, Math.Abs(_value), 1, _grid)
            : Round(_value, _draws, Math.Abs(_value), (OfSum() * _magnitude) + (_count * TRounding.Tiny));
    }
}
