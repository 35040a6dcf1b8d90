namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>IEEE 754 binary32 throughout; subnormal numbers may be flushed to zero.</summary>
internal readonly struct Binary32 : IRounding
{
    /// <inheritdoc/>
    public static string Name => "fp32";

    /// <inheritdoc/>
    public static double Storage => 1.0 / (1 << 24);

    /// <inheritdoc/>
    public static double Accumulation => 1.0 / (1 << 24);

    /// <inheritdoc/>
    public static double Operand => 0;

    /// <inheritdoc/>
    public static int Digits => 24;

    /// <inheritdoc/>
    public static int OperandDigits => 24;

    /// <inheritdoc/>
    public static int LowestGrid => -126;

    /// <inheritdoc/>
    public static double Tiny => 1.17549435082228751e-38;

    /// <inheritdoc/>
    public static double Largest => float.MaxValue;

    /// <inheritdoc/>
    public static double ExpUlps => 4;

    /// <inheritdoc/>
    public static double TanhUlps => 5;

    /// <inheritdoc/>
    public static double ErfUlps => 16;

    /// <inheritdoc/>
    public static double ErfUlpsOfOne => 4;

    /// <inheritdoc/>
    public static double DivisionUlps => 2.5;

    /// <inheritdoc/>
    public static double RootUlps => 3;

    /// <inheritdoc/>
    public static bool Holds(double value) => (float)value == value;
}
