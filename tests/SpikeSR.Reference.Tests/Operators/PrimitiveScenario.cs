using System.Numerics;
using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>
/// A primitive with drawn sizes and operands. The check runs it with the definitions and with the SIMD engine, on every lane type and with 1 to 3 threads,
/// and fails unless every byte agrees (any NaN standing for any NaN).
/// </summary>
public abstract class PrimitiveScenario
{
    /// <summary>Checks it for many seeds; a failure prints the seed, and the replay value that repeats the run.</summary>
    /// <param name="scenario">The primitive.</param>
    /// <param name="seeds">How many.</param>
    public static void Check(PrimitiveScenario scenario, int seeds = 12) =>
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(seeds),
            Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
            {
                scenario.CheckSeed<F32, float>(seed);
                scenario.CheckSeed<F64, double>(seed);
            }));

    /// <summary>Runs the primitive once.</summary>
    internal abstract void Run<T>(Backend<T> backend, Draw<T> draw)
        where T : unmanaged, IScalar<T>;

    internal void CheckSeed<TScalar, T>(int seed)
        where TScalar : unmanaged, IScalar<TScalar>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var workspace = new Workspace();
        var expected = Outcome(new DefinitionBackend<TScalar>(workspace, Parallelism.Single), seed);
        for (var threads = 1; threads <= 3; threads++)
        {
            Compare<TScalar, Lane512<T>, T>(expected, workspace, threads, seed);
        }

        Compare<TScalar, Lane256<T>, T>(expected, workspace, 2, seed);
        Compare<TScalar, Lane128<T>, T>(expected, workspace, 3, seed);
        Compare<TScalar, LaneScalar<T>, T>(expected, workspace, 1, seed);
        Assert.Equal(0, workspace.RentedBytes);
    }

    private List<(string Name, byte[] Bytes)> Outcome<TScalar>(Backend<TScalar> backend, int seed)
        where TScalar : unmanaged, IScalar<TScalar>
    {
        var draw = new Draw<TScalar>(seed);
        Run(backend, draw);
        return draw.Results;
    }

    private void Compare<TScalar, TLane, T>(List<(string Name, byte[] Bytes)> expected, Workspace workspace, int threads, int seed)
        where TScalar : unmanaged, IScalar<TScalar>
        where TLane : unmanaged, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var actual = Outcome(new SimdBackend<TScalar, TLane, T>(workspace, new Parallelism(threads)), seed);
        Assert.NotEmpty(expected);
        foreach (var ((name, bytes), (_, own)) in expected.Zip(actual))
        {
            KernelTestData.AssertSameBytes<T>(
                MemoryMarshal.Cast<byte, T>(bytes), MemoryMarshal.Cast<byte, T>(own), $"{GetType().Name}, {name}, {typeof(TLane).Name} of {typeof(T).Name}, {threads} threads, seed {seed}");
        }
    }
}
