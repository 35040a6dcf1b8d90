using System.Runtime.CompilerServices;

namespace SpikeSR.Reference.Tensors;

/// <content>
/// Constants and polynomials. The polynomials minimise the squares of the relative error of the function they serve at Chebyshev points, in
/// 200-bit arithmetic; coefficients were rounded one after the other, from the constant term up, and the rest fitted again each time.
/// The errors stated are the largest of the rounded polynomials; golden/fits/exact_math.py prints all of it again. Evaluation is Horner's, with fused multiply-add.
/// </content>
public static partial class ExactMath
{
    private const double Log2E = 1.4426950408889634;
    private const double Sqrt2 = 1.4142135623730951;
    private const double InverseSqrt2Pi = 0.3989422804014327;

    // ln 2 in two parts: 16 bits (41 bits for double), so that n times it is exact for every n that occurs, and the rest.
    // Negative, as they are subtracted.
    private const double SingleLn2High = -0.693145751953125;
    private const double SingleLn2Low = -1.428606765330187E-6;
    private const double DoubleLn2High = -0.6931471805601177;
    private const double DoubleLn2Low = 1.7239444525614835E-13;

    // The scale k of v = 1 / (1 + k a), chosen for the smallest degree.
    private const double SingleTailScale = 0.300000011920928955078125;
    private const double DoubleTailScale = 0.1875;

    /// <summary>
    /// (exp(r) - 1 - r) / r^2 on |r| &lt;= (1 + 2^-12) (ln 2) / 2. Relative error of exp: degree 4, 2^-28.0 (float); degree 9, 2^-57.8 (double).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane ExpSeries<TLane, T>(TLane r)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            var sum = Constant<TLane, T>(0.0013745005708187819);
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.008368948474526405));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.04166965186595917));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.166665181517601));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.49999988079071045));
            return sum;
        }
        else
        {
            var sum = Constant<TLane, T>(2.5020103763932158E-8);
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(2.7630920608167764E-7));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(2.755752160899684E-6));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(2.480149100070721E-5));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.00019841269581193755));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.0013888888945943006));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.008333333333458676));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.0416666666665197));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.16666666666666471));
            sum = TLane.FusedMultiplyAdd(sum, r, Constant<TLane, T>(0.5000000000000012));
            return sum;
        }
    }

    /// <summary>
    /// P(v) = R(a) / v, a = (1 / v - 1) / k, as a function of w = v - 1/2: centred, the higher terms stay small and so do their roundings. Relative error: degree 9 on
    /// a &lt;= 14.6, 2^-27.2 (float); degree 22 on a &lt;= 38.7, 2^-58.2 (double). The constant term is in two parts, the first a multiple of P's last place.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TailSeries<TLane, T>(TLane w, out TLane p, out TLane pLow)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            var sum = Constant<TLane, T>(-0.02080305479466915);
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.019858185201883316));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.035869646817445755));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.03649915009737015));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.07753793150186539));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.02905842289328575));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.2220817506313324));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.34619879722595215));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.3291589915752411));
            Last<TLane, T>(sum, w, Constant<TLane, T>(0.22197061777114868), Constant<TLane, T>(3.1569427072497547E-9), out p, out pLow);
        }
        else
        {
            var sum = Constant<TLane, T>(-0.0006168490572869389);
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.0012974737873368053));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.0005706776534554488));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.0028782485307537096));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.0005467872656087815));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.004823417210290691));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.0016763943857297768));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.007831269817299138));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.006179026287370649));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.01131191499422502));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.019905162099520816));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.006266625989402002));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.050379790589430345));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(-0.051441435855648046));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.04424999247405906));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.22976160849252333));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.4350226799267195));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.5746820264509028));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.6014650773634023));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.5249584584356262));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.3922574760295217));
            sum = TLane.FusedMultiplyAdd(sum, w, Constant<TLane, T>(0.2546557713220985));
            Last<TLane, T>(sum, w, Constant<TLane, T>(0.1448195141384369), Constant<TLane, T>(8.877514997066959E-19), out p, out pLow);
        }
    }

    /// <summary>
    /// erf(x) / x - 1 as a function of y = x^2 on [0, 1/4]. Relative error of erf: degree 4, 2^-29.3 (float); degree 8, 2^-56.0 (double).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane ErfSeries<TLane, T>(TLane y)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            var sum = Constant<TLane, T>(0.004720761906355619);
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(-0.026758812367916107));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(0.11282855272293091));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(-0.37612611055374146));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(0.12837916612625122));
            return sum;
        }
        else
        {
            var sum = Constant<TLane, T>(1.469649461046637E-6);
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(-1.4842740406357477E-5));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(0.00012053199700619726));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(-0.0008548294625607735));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(0.005223977331905118));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(-0.026866170629825208));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(0.1128379167091327));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(-0.3761263890318326));
            sum = TLane.FusedMultiplyAdd(sum, y, Constant<TLane, T>(0.12837916709551256));
            return sum;
        }
    }

    /// <summary>Horner's last step, and what its rounding left: constant - p is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Last<TLane, T>(TLane sum, TLane w, TLane constant, TLane constantLow, out TLane p, out TLane pLow)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged
    {
        p = TLane.FusedMultiplyAdd(sum, w, constant);
        pLow = TLane.FusedMultiplyAdd(sum, w, constant - p) + constantLow;
    }

    /// <summary>A constant, rounded to the lane's format.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Constant<TLane, T>(double value)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged =>
        TLane.Broadcast(typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>((float)value) : Unsafe.BitCast<double, T>(value));

    /// <summary>A constant that differs between formats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Constant<TLane, T>(double single, double @double)
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged =>
        TLane.Broadcast(typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>((float)single) : Unsafe.BitCast<double, T>(@double));
}
