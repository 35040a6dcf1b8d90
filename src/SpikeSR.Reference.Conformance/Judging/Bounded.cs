using System.Runtime.CompilerServices;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// A number with a certified error: what the definitions compute in double, and how far any backend of a profile may lie from it (SPEC BND-1). Additions
/// are collected: a value is a sum of terms whose order is nobody's business, and only what is done with the sum closes it. With n terms t of errors e, the sum
/// is within <c>sum e + ((1 + u)^(n + 1) - 1) sum (|t| + e)</c> whatever the order and whatever is fused: n - 1 additions, one more where it
/// starts from zero or a bias, one for a factor that was moved into the terms.
/// </summary>
/// <remarks>
/// Two kinds of product are told apart: a fused multiply-add is a term of a matrix product, of magnitude |l r|; a product of sums may be multiplied out
/// by a backend (the one-pass variance, a normalisation folded to scale and shift), and has the magnitude of its factors' terms.
/// Where every error is 0 and all terms are multiples of one power of two, few enough for the profile's digits, every order is exact: the bound is 0.
/// </remarks>
/// <typeparam name="TRounding">How the backend rounds.</typeparam>
internal readonly struct Bounded<TRounding> : IErrorScalar<Bounded<TRounding>>
    where TRounding : struct, IRounding
{
    private readonly double _termError;
    private readonly double _magnitude;
    private readonly int _count;
    private readonly int _grid;

    private Bounded(double value, double termError, double magnitude, int count, int grid) =>
        (Value, _termError, _magnitude, _count, _grid) = (value, termError, magnitude, count, grid);

    /// <summary>The definitions' value in double.</summary>
    public double Value { get; }

    /// <inheritdoc/>
    public static int Samples => 0;

    /// <inheritdoc/>
    public static double OneRounding => TRounding.Accumulation + TRounding.Storage;

    /// <inheritdoc/>
    public double Error
    {
        get
        {
            if (_termError == 0 && (_count <= 1 || IsExactSum))
            {
                return 0;
            }

            var error = _count <= 1
                ? _termError
                : _termError + (Roundoff<TRounding>.OfSum(_count, _count + 1) * _magnitude) + (_count * TRounding.Tiny);

            // An overflow on the way is no error of the backend's. NaN: 0 times an error without bound.
            return double.IsNaN(error) || Math.Abs(Value) + error > TRounding.Largest || _magnitude > TRounding.Largest ? double.PositiveInfinity : error;
        }
    }

    /// <inheritdoc/>
    public static bool CarriesDerivative => false;

    private bool IsExactZero => Value == 0 && _termError == 0 && _magnitude == 0;

    private bool IsExactSum => Roundoff<TRounding>.IsExact(_magnitude, _grid);

    /// <inheritdoc/>
    public static Bounded<TRounding> operator +(Bounded<TRounding> left, Bounded<TRounding> right) => Add(left, right, left.Value + right.Value);

    /// <inheritdoc/>
    public static Bounded<TRounding> operator -(Bounded<TRounding> left, Bounded<TRounding> right) => Add(left, right, left.Value - right.Value);

    /// <inheritdoc/>
    public static Bounded<TRounding> operator *(Bounded<TRounding> left, Bounded<TRounding> right)
    {
        var value = left.Value * right.Value;
        if (left.IsExactZero || right.IsExactZero)
        {
            return Zero(value);
        }

        var (leftError, rightError) = (left.Error, right.Error);
        var isShift = (leftError == 0 && double.IsPow2(Math.Abs(left.Value))) || (rightError == 0 && double.IsPow2(Math.Abs(right.Value)));
        var (leftTerms, rightTerms) = (left.Terms(leftError), right.Terms(rightError));
        var magnitude = isShift ? Math.Abs(value) : leftTerms * rightTerms;
        var propagated = (leftTerms * rightError) + (rightTerms * leftError) + (leftError * rightError);
        var grid = left._grid + right._grid;
        return propagated == 0 && Roundoff<TRounding>.IsExact(magnitude, grid)
            ? new(value, 0, magnitude, 1, grid)
            : Round(value, propagated, magnitude, isShift ? 0 : 0.5);
    }

    /// <inheritdoc/>
    public static Bounded<TRounding> operator /(Bounded<TRounding> left, Bounded<TRounding> right)
    {
        var value = left.Value / right.Value;
        var (leftError, rightError) = (left.Error, right.Error);
        if (left.IsExactZero && Math.Abs(right.Value) > rightError)
        {
            return Zero(value);
        }

        if (rightError == 0 && double.IsPow2(Math.Abs(right.Value)))
        {
            var scale = Math.Abs(right.Value);
            var shifted = left._grid - Math.ILogB(scale);
            return leftError == 0 && Roundoff<TRounding>.IsExact(Math.Abs(value), shifted)
                ? new(value, 0, Math.Abs(value), 1, shifted)
                : Round(value, leftError / scale, left.Terms(leftError) / scale, 0);
        }

        // As a product with the reciprocal, which may be moved into the terms of the sum.
        var divisor = Math.Abs(right.Value) - rightError;
        if (!(divisor > 0))
        {
            return double.IsNaN(divisor) ? new(value, 0, 0, 1, 0) : Unknown(value);
        }

        var terms = left.Terms(leftError);
        return Round(value, (leftError / divisor) + (terms * rightError / (Math.Abs(right.Value) * divisor)), terms / divisor, 0.5 + TRounding.DivisionUlps);
    }

    /// <inheritdoc/>
    public static Bounded<TRounding> operator -(Bounded<TRounding> value) => new(-value.Value, value._termError, value._magnitude, value._count, value._grid);

    /// <inheritdoc/>
    public static Bounded<TRounding> FromDouble(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return Zero(value);
        }

        var magnitude = Math.Abs(value);
        return TRounding.Holds(value) && Roundoff<TRounding>.Grid(value) is var grid && grid >= TRounding.LowestGrid
            ? new(value, 0, magnitude, 1, grid)
            : new Bounded<TRounding>(value, (TRounding.Storage * magnitude) + TRounding.Tiny, (1 + TRounding.Storage) * magnitude, 1, 0);
    }

    /// <inheritdoc/>
    public static double ToDouble(Bounded<TRounding> value) => value.Value;

    /// <inheritdoc/>
    public static Bounded<TRounding> FusedMultiplyAdd(Bounded<TRounding> left, Bounded<TRounding> right, Bounded<TRounding> addend)
    {
        var value = Math.FusedMultiplyAdd(left.Value, right.Value, addend.Value);
        return Add(Term(left, right), addend, value);
    }

    /// <inheritdoc/>
    public static Bounded<TRounding> Sqrt(Bounded<TRounding> value)
    {
        var root = Math.Sqrt(value.Value);
        if (value.IsExactZero || double.IsNaN(root))
        {
            return Zero(root);
        }

        var (error, low) = (value.Error, value.Value - value.Error);
        var propagated = low > 0 ? error / (root + Math.Sqrt(low)) : Math.Max(root, Math.Sqrt(value.Value + error) - root);
        return Round(root, propagated, root, TRounding.RootUlps);
    }

    /// <inheritdoc/>
    public static Bounded<TRounding> Abs(Bounded<TRounding> value) =>
        value.IsExactZero ? Zero(Math.Abs(value.Value)) : Closed(Math.Abs(value.Value), value.Error, value._grid);

    /// <inheritdoc/>
    public static Bounded<TRounding> Exp(Bounded<TRounding> value)
    {
        var exp = ExactMath.Exp(value.Value);
        return Round(exp, exp * Expm1(value.Error), exp, TRounding.ExpUlps);
    }

    /// <inheritdoc/>
    public static Bounded<TRounding> Erf(Bounded<TRounding> value)
    {
        // |erf'| = 2 / sqrt(pi) exp(-x^2) is largest at the end of the interval that is nearest to 0.
        var (error, erf) = (value.Error, ExactMath.Erf(value.Value));
        var nearest = Math.Max(0, Math.Abs(value.Value) - error);
        return Round(erf, (1.1284 * ExactMath.Exp(-nearest * nearest) * error) + Roundoff<TRounding>.Ulps(Roundoff<TRounding>.ErfUlps(Math.Abs(erf))), Math.Abs(erf), 0);
    }

    /// <inheritdoc/>
    public static Bounded<TRounding> Sigmoid(Bounded<TRounding> value)
    {
        // s' = s (1 - s), and |(ln s')'| <= 1.
        var (error, sigmoid) = (value.Error, ExactMath.Sigmoid(value.Value));
        var propagated = Math.Min(1, sigmoid * (1 - sigmoid) * Expm1(error));
        propagated = double.IsNaN(propagated) ? 1 : propagated;
        return Round(sigmoid, propagated + Roundoff<TRounding>.OfSigmoid(sigmoid, propagated), sigmoid, 0);
    }

    /// <inheritdoc/>
    public static Bounded<TRounding> Gelu(Bounded<TRounding> value)
    {
        // |gelu''| < 0.8. x/2 (1 + erf(x / sqrt 2)) may be evaluated as it stands: for negative x the sum cancels.
        var (x, error) = (value.Value, value.Error);
        var gelu = ExactMath.Gelu(x);
        var propagated = (Math.Abs(ExactMath.GeluDerivative(x)) + (0.4 * Math.Min(error, 3))) * error;
        var erf = Math.Abs(ExactMath.Erf(x / Math.Sqrt(2)));
        var cancelled = Math.Abs(x) / 2 * Roundoff<TRounding>.OfCumulative(x, erf);
        return Round(gelu, propagated + cancelled, Math.Abs(gelu), 1.5);
    }

    /// <inheritdoc/>
    public static Bounded<TRounding> GeluDerivative(Bounded<TRounding> value)
    {
        // Phi + x phi; its derivative is (2 - x^2) phi, and |its second| < 1.
        var (x, error) = (value.Value, value.Error);
        var derivative = ExactMath.GeluDerivative(x);
        var density = ExactMath.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        var propagated = (Math.Abs((2 - (x * x)) * density) + (0.5 * Math.Min(error, 3))) * error;
        var cumulative = Roundoff<TRounding>.OfCumulative(x, Math.Abs(ExactMath.Erf(x / Math.Sqrt(2)))) / 2;
        return Round(derivative, propagated + cumulative + Roundoff<TRounding>.OfBump(x), Math.Abs(derivative), 1.5);
    }

    /// <inheritdoc/>
    public static bool IsGreater(Bounded<TRounding> left, Bounded<TRounding> right) => left.Value > right.Value;

    /// <inheritdoc/>
    public static double Floor(Bounded<TRounding> value) => Math.Floor(value.Value);

    /// <inheritdoc/>
    public static Bounded<TRounding> Fire(Bounded<TRounding> u, in SurrogateFunction surrogate) => FromDouble(u.Value >= 0 ? 1 : 0);

    /// <inheritdoc/>
    public static Bounded<TRounding> Detach(Bounded<TRounding> value) =>
        value.IsExactZero || !double.IsFinite(value.Value) ? Zero(value.Value) : new(value.Value, 0, Math.Abs(value.Value), 1, Roundoff<TRounding>.Grid(value.Value));

    /// <inheritdoc/>
    public Bounded<TRounding> Store() => Widen(0);

    /// <inheritdoc/>
    public Bounded<TRounding> AsOperand()
    {
        var error = Error;
        return OperandError(error) is var own && own > 0 ? Closed(Value, error + own, 0) : this;
    }

    /// <inheritdoc/>
    public Bounded<TRounding> Widen(double by)
    {
        if (IsExactZero && by == 0)
        {
            return this;
        }

        var error = Error + by;
        var isStored = error == 0 && Roundoff<TRounding>.IsExact(Math.Abs(Value), _grid);
        error += isStored ? 0 : Roundoff<TRounding>.Storage * (Math.Abs(Value) + error);
        return Closed(Value, error, _grid);
    }

    /// <inheritdoc/>
    public void Sample(Span<float> into)
    {
    }

    private static Bounded<TRounding> Zero(double value) => new(value, 0, 0, 0, 0);

    private static Bounded<TRounding> Unknown(double value) => new(value, double.PositiveInfinity, double.PositiveInfinity, 1, 0);

    private static Bounded<TRounding> Closed(double value, double error, int grid) => new(value, error, Math.Abs(value) + error, 1, grid);

        // A result that is rounded by so many units in the last place (one is at most two half units); half of one is plain rounding.
    private static Bounded<TRounding> Round(double value, double propagated, double magnitude, double ulps)
    {
        var error = propagated + (Roundoff<TRounding>.Ulps(ulps) * (magnitude + propagated)) + TRounding.Tiny;
        return new(value, error, magnitude + error, 1, 0);
    }

    // A term of a matrix product.
    private static Bounded<TRounding> Term(Bounded<TRounding> left, Bounded<TRounding> right)
    {
        var value = left.Value * right.Value;
        if (left.IsExactZero || right.IsExactZero)
        {
            return Zero(value);
        }

        var (leftError, rightError) = (left.Error, right.Error);
        var magnitude = Math.Abs(value);
        var grid = left._grid + right._grid;
        leftError += left.OperandError(leftError);
        rightError += right.OperandError(rightError);
        var propagated = (Math.Abs(left.Value) * rightError) + (Math.Abs(right.Value) * leftError) + (leftError * rightError);
        if (propagated == 0 && Roundoff<TRounding>.IsExact(magnitude, grid))
        {
            return new(value, 0, magnitude, 1, grid);
        }

        var error = propagated + (Roundoff<TRounding>.Unit * (magnitude + propagated)) + TRounding.Tiny;
        return new(value, error, magnitude + error, 1, grid);
    }

    // The magnitude that a product is multiplied out with: that of the terms of an open sum, else of the value.
    private double Terms(double error) => _count > 1 ? _magnitude : Math.Abs(Value) + error;

    private double OperandError(double error) =>
        TRounding.Operand == 0 || (error == 0 && Math.Abs(Value) <= Math.ScaleB(1, TRounding.OperandDigits + _grid)) ? 0 : TRounding.Operand * (Math.Abs(Value) + error);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Bounded<TRounding> Add(Bounded<TRounding> left, Bounded<TRounding> right, double value)
    {
        // Adding an exact zero rounds nothing: padding and silent neurons add no term.
        if (right.IsExactZero)
        {
            return new(value, left._termError, left._magnitude, left._count, left._grid);
        }

        return left.IsExactZero
            ? new(value, right._termError, right._magnitude, right._count, right._grid)
            : new(value, left._termError + right._termError, left._magnitude + right._magnitude, left._count + right._count, Math.Min(left._grid, right._grid));
    }

    // exp(e) - 1 from above.
    private static double Expm1(double e) => e < 1 ? e * (1 + e) : ExactMath.Exp(e);
}
