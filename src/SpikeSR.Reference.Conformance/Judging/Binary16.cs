namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>Stored in IEEE 754 binary16 (11 bits), summed in binary32 with truncation.</summary>
internal readonly struct Binary16 : IRounding
{
    /// <inheritdoc/>
    public static string Name => "fp16";

    /// <inheritdoc/>
    public static double Storage => 1.0 / (1 << 11);

    /// <inheritdoc/>
    public static double Accumulation => 1.0 / (1 << 23);

    /// <inheritdoc/>
    public static double Operand => 0;

    /// <inheritdoc/>
    public static int Digits => 11;

    /// <inheritdoc/>
    public static int OperandDigits => 11;

    /// <inheritdoc/>
    public static int LowestGrid => -24;

    /// <inheritdoc/>
    public static double Tiny => 2.98023223876953125e-8;

    /// <inheritdoc/>
    public static double Largest => 65504;

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
    public static bool Holds(double value) => (double)(Half)value == value;
}
