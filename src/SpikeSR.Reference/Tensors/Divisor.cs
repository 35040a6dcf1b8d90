using System.Numerics;
using System.Runtime.CompilerServices;

namespace SpikeSR.Reference.Tensors;

/// <summary>
/// A number that many others are divided by. Where its reciprocal is exact (a power of two), quotient and product with the reciprocal are
/// the same number rounded once, so that the product, several times as fast, has the quotient's bits.
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
/// <param name="value">The number.</param>
internal readonly struct Divisor<T>(T value)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _value = value;
    private readonly T _reciprocal = T.One / value;

    // Two mantissas in [1, 2) have the product 1 only if both are 1.
    private readonly bool _isExact = T.IsFinite(value) && T.FusedMultiplyAdd(value, T.One / value, -T.One) == T.Zero;

    /// <summary>Whether <see cref="Moderate"/> serves for moderate dividends: a number from 1 to 2^20.</summary>
    public bool IsModerate => _value >= T.One && _value <= T.CreateTruncating(1 << 20);

    /// <summary>The dividends divided by the number, each rounded once.</summary>
    /// <typeparam name="TLane">Lane type.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Divide<TLane>(TLane dividend)
        where TLane : unmanaged, ILane<TLane, T> =>
        _isExact ? dividend * TLane.Broadcast(_reciprocal) : dividend / TLane.Broadcast(_value);

    /// <summary>The number in every place of a lane, to divide many moderate dividends by.</summary>
    /// <typeparam name="TLane">Lane type.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ModerateDivisor<TLane> Moderate<TLane>()
        where TLane : unmanaged, ILane<TLane, T> => new(TLane.Broadcast(-_value), TLane.Broadcast(_reciprocal), _isExact);

    /// <summary>
    /// Quotients with the bits of <see cref="Divide"/>, several times as fast, where divisor and dividends are far from the ends of the exponent range: at least
    /// 2^-86 in magnitude (2^-900 in double) and at most 2^86, the divisor moderate. The reciprocal is rounded once; a product with it and one correction by the
    /// exact remainder give one of the two neighbours of the quotient, and from either a second correction gives the rounded quotient (Markstein's
    /// theorem needs a neighbour to start from; no quotient is known that the first correction leaves wrong).
    /// </summary>
    /// <typeparam name="TLane">Lane type.</typeparam>
    /// <param name="negated">The divisor's negative.</param>
    /// <param name="reciprocal">Its reciprocal, rounded.</param>
    /// <param name="isExact">Whether that is exact.</param>
    internal readonly struct ModerateDivisor<TLane>(TLane negated, TLane reciprocal, bool isExact)
        where TLane : unmanaged, ILane<TLane, T>
    {
        /// <summary>The dividends divided by the number, each rounded once.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane Divide(TLane dividend)
        {
            var quotient = dividend * reciprocal;
            if (isExact)
            {
                return quotient;
            }

            quotient = TLane.FusedMultiplyAdd(TLane.FusedMultiplyAdd(quotient, negated, dividend), reciprocal, quotient);
            return TLane.FusedMultiplyAdd(TLane.FusedMultiplyAdd(quotient, negated, dividend), reciprocal, quotient);
        }
    }
}
