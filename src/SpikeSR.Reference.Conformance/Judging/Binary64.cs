namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>IEEE 754 binary64 throughout.</summary>
internal readonly struct Binary64 : IRounding
{
    /// <inheritdoc/>
    public static string Name => "fp64";

    /// <inheritdoc/>
    public static double Storage => 1.0 / (1L << 53);

    /// <inheritdoc/>
    public static double Accumulation => 1.0 / (1L << 53);

    /// <inheritdoc/>
    public static double Operand => 0;

    /// <inheritdoc/>
    public static int Digits => 53;

    /// <inheritdoc/>
    public static int OperandDigits => 53;

    /// <inheritdoc/>
    public static int LowestGrid => -1000;

    /// <inheritdoc/>
    public static double Tiny => 2.2250738585072014e-308;

    /// <inheritdoc/>
    public static double Largest => double.MaxValue;

    /// <inheritdoc/>
    public static double ExpUlps => 3;

    /// <inheritdoc/>
    public static double TanhUlps => 5;

    /// <inheritdoc/>
    public static double ErfUlps => 16;

    /// <inheritdoc/>
    public static double ErfUlpsOfOne => 0;

    /// <inheritdoc/>
    public static double DivisionUlps => 0.5;

    /// <inheritdoc/>
    public static double RootUlps => 0.5;

    /// <inheritdoc/>
    public static bool Holds(double value) => true;
}
