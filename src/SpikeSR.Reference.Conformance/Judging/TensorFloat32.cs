namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Binary32, the operands of matrix products rounded or cut off to 11 bits (matrix units do either) and their sums truncated.</summary>
internal readonly struct TensorFloat32 : IRounding
{
    /// <inheritdoc/>
    public static string Name => "tf32";

    /// <inheritdoc/>
    public static double Storage => 1.0 / (1 << 24);

    /// <inheritdoc/>
    public static double Accumulation => 1.0 / (1 << 23);

    /// <inheritdoc/>
    public static double Operand => 1.0 / (1 << 10);

    /// <inheritdoc/>
    public static int Digits => 24;

    /// <inheritdoc/>
    public static int OperandDigits => 11;

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
