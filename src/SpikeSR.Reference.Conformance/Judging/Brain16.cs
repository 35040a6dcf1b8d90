namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Stored in bfloat16 (8 bits), summed in binary32 with truncation.</summary>
internal readonly struct Brain16 : IRounding
{
    /// <inheritdoc/>
    public static string Name => "bf16";

    /// <inheritdoc/>
    public static double Storage => 1.0 / (1 << 8);

    /// <inheritdoc/>
    public static double Accumulation => 1.0 / (1 << 23);

    /// <inheritdoc/>
    public static double Operand => 0;

    /// <inheritdoc/>
    public static int Digits => 8;

    /// <inheritdoc/>
    public static int OperandDigits => 8;

    /// <inheritdoc/>
    public static int LowestGrid => -126;

    /// <inheritdoc/>
    public static double Tiny => 1.17549435082228751e-38;

    /// <inheritdoc/>
    public static double Largest => 3.38953138925153547e38;

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
    public static bool Holds(double value) => (float)value == value && (BitConverter.SingleToUInt32Bits((float)value) & 0xFFFF) == 0;
}
