namespace SpikeSR.Reference.Conformance.Judging;

/// <summary>
/// What a backend promises about its arithmetic, and all that it is granted: roundoff of storage and accumulation, units in the last place of
/// the elementary functions, and the rewritings listed (SPEC BND-2). There is no tolerance beside it.
/// </summary>
public sealed record Profile
{
    private Profile(Certifier certify, Func<CaseFile, int, BackendAnswer> scramble, Func<double, double> store) => (Certify, Scramble, Store) = (certify, scramble, store);

    /// <inheritdoc cref="CertifiedAnswer.Of{TRounding}"/>
    internal delegate CertifiedAnswer Certifier(CaseFile question, BackendAnswer? answer);

    /// <summary>All profiles, the most exact first.</summary>
    public static IReadOnlyList<Profile> All { get; } = [Of<Binary64>(), Of<Binary32>(), Of<TensorFloat32>(), Of<Brain16>(), Of<Binary16>()];

    /// <summary>fp64, fp32, tf32, bf16 or fp16.</summary>
    public required string Name { get; init; }

    /// <summary>Relative error of storing a number in a tensor: half a unit in the last place.</summary>
    public required double StorageRoundoff { get; init; }

    /// <summary>Relative error of one operation of a sum.</summary>
    public required double AccumulationRoundoff { get; init; }

    /// <summary>Relative error of an operand of a matrix product before it is multiplied; 0: operands are taken as they are stored.</summary>
    public required double OperandRoundoff { get; init; }

    /// <summary>Units in the last place granted to exp.</summary>
    public required double ExpUlps { get; init; }

    /// <summary>Units in the last place granted to tanh, of which a sigmoid may be made.</summary>
    public required double TanhUlps { get; init; }

    /// <summary>Units in the last place granted to erf.</summary>
    public required double ErfUlps { get; init; }

    /// <summary>Units in the last place of 1 granted to erf, where those of its own are fewer.</summary>
    public required double ErfUlpsOfOne { get; init; }

    /// <summary>Units in the last place granted to a quotient.</summary>
    public required double DivisionUlps { get; init; }

    /// <summary>Units in the last place granted to a square root.</summary>
    public required double RootUlps { get; init; }

    /// <summary>Whether the tests on bias and variance decide, or only report.</summary>
    public required bool JudgesMoments { get; init; }

    /// <summary>Certifies a question: runs the definitions with this profile's bounds.</summary>
    internal Certifier Certify { get; }

    /// <summary>A backend of this profile that rounds at random, by its seed.</summary>
    internal Func<CaseFile, int, BackendAnswer> Scramble { get; }

    /// <summary>A number as a tensor holds it.</summary>
    internal Func<double, double> Store { get; }

    /// <summary>The profile of a name, or null.</summary>
    /// <param name="name">fp64, fp32, tf32, bf16 or fp16.</param>
    public static Profile? Find(string name) => All.FirstOrDefault(profile => profile.Name == name);

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    private static Profile Of<TRounding>()
        where TRounding : struct, IRounding => new(CertifiedAnswer.Of<TRounding>, BoundTrial.Scramble<TRounding>, Scrambled<TRounding>.Stored)
        {
            Name = TRounding.Name,
            StorageRoundoff = TRounding.Storage,
            AccumulationRoundoff = TRounding.Accumulation,
            OperandRoundoff = TRounding.Operand,
            ExpUlps = TRounding.ExpUlps,
            TanhUlps = TRounding.TanhUlps,
            ErfUlps = TRounding.ErfUlps,
            ErfUlpsOfOne = TRounding.ErfUlpsOfOne,
            DivisionUlps = TRounding.DivisionUlps,
            RootUlps = TRounding.RootUlps,
            JudgesMoments = TRounding.Storage == TRounding.Accumulation,
        };
}
