using FsCheck;
using FsCheck.Fluent;
using Xunit.Sdk;

namespace SpikeSR.Reference.Tests.Properties;

/// <summary>Looks for a sample that breaks a law; the smallest one found is printed in a form that SPIKESR_REPLAY takes.</summary>
internal static class Falsification
{
    private static readonly Gen<Sample> s_samples =
        from low in Gen.Choose(0, int.MaxValue)
        from high in Gen.Choose(0, int.MaxValue)
        from size in Gen.Choose(0, 6)
        select new Sample(((ulong)high << 31) | (uint)low, size);

    /// <summary>Throws unless the law holds for all its samples.</summary>
    public static void Attempt(Law law, IEngine engine)
    {
        void Check(Sample sample)
        {
            if (law.Violation(sample, engine) is { } violation)
            {
                throw new XunitException($"{law.Name}: {violation} ({sample})");
            }
        }

        if (Sample.Replay is { } replay)
        {
            Check(replay);
        }
        else if (law.HasFixedSamples)
        {
            law.FixedSamples.ToList().ForEach(Check);
        }
        else
        {
            var smaller = Arb.From(s_samples, sample => Enumerable.Range(0, sample.Size).Select(size => sample with { Size = size }));
            FsCheck.Check.One(Config.QuickThrowOnFailure.WithName(law.Name).WithMaxTest(law.Samples), Prop.ForAll(smaller, Check));
        }
    }
}
