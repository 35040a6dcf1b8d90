namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>How a backend may round: the constants of a <see cref="Profile"/>, known to the compiler (SPEC BND-2).</summary>
internal interface IRounding
{
    /// <summary>The profile's name.</summary>
    static abstract string Name { get; }

    /// <summary>Relative error of storing a number: half a unit in the last place.</summary>
    static abstract double Storage { get; }

    /// <summary>Relative error of one addition, product or fused multiply-add.</summary>
    static abstract double Accumulation { get; }

    /// <summary>Relative error of each operand of a matrix product before it is multiplied; 0: operands are taken as they are stored.</summary>
    static abstract double Operand { get; }

    /// <summary>Integers up to 2^Digits are stored exactly.</summary>
    static abstract int Digits { get; }

    /// <summary>Integers up to 2^OperandDigits are operands of a matrix product without rounding.</summary>
    static abstract int OperandDigits { get; }

    /// <summary>Multiples of 2^LowestGrid are exact as far as <see cref="Digits"/> allow, even where subnormal numbers are flushed to zero.</summary>
    static abstract int LowestGrid { get; }

    /// <summary>Absolute error of one rounding among the smallest numbers, flushing to zero included.</summary>
    static abstract double Tiny { get; }

    /// <summary>The largest finite number.</summary>
    static abstract double Largest { get; }

    /// <summary>Units in the last place granted to exp (and what is made of it).</summary>
    static abstract double ExpUlps { get; }

    /// <summary>Units in the last place granted to tanh, of which a sigmoid may be made.</summary>
    static abstract double TanhUlps { get; }

    /// <summary>Units in the last place granted to erf.</summary>
    static abstract double ErfUlps { get; }

    /// <summary>Units in the last place of 1 granted to erf, where those of its own are fewer: libraries approximate it with a fixed absolute error.</summary>
    static abstract double ErfUlpsOfOne { get; }

    /// <summary>Units in the last place granted to a quotient.</summary>
    static abstract double DivisionUlps { get; }

    /// <summary>Units in the last place granted to a square root.</summary>
    static abstract double RootUlps { get; }

    /// <summary>Whether a number is stored without rounding.</summary>
    static abstract bool Holds(double value);
}
