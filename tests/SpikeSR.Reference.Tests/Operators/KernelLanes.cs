using System.Numerics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>Every lane type with both number types, by name: <c>Lane256 float</c>. A lane without hardware behind it runs in software.</summary>
public static class KernelLanes
{
    public static TheoryData<string> All =>
        ["Lane512 float", "Lane256 float", "Lane128 float", "LaneScalar float", "Lane512 double", "Lane256 double", "Lane128 double", "LaneScalar double"];

    /// <summary>Makes something for the lane of that name.</summary>
    internal static TResult Choose<TResult>(string lane, ILaneChoice<float, TResult> single, ILaneChoice<double, TResult> twice) => lane switch
    {
        "Lane512 float" => single.For<Lane512<float>>(),
        "Lane256 float" => single.For<Lane256<float>>(),
        "Lane128 float" => single.For<Lane128<float>>(),
        "LaneScalar float" => single.For<LaneScalar<float>>(),
        "Lane512 double" => twice.For<Lane512<double>>(),
        "Lane256 double" => twice.For<Lane256<double>>(),
        "Lane128 double" => twice.For<Lane128<double>>(),
        "LaneScalar double" => twice.For<LaneScalar<double>>(),
        _ => throw new ArgumentException($"no lane {lane}", nameof(lane)),
    };
}
