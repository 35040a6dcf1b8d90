using System.Numerics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

public sealed class ConvolutionKernelTests
{
    private static readonly ConvolutionCase[] _cases =
    [
        new(1, 1, 1, 1, 1, 1, 1),
        new(2, 5, 7, 3, 9, 3, 3, Padding: 1),
        new(1, 6, 5, 8, 17, 3, 3),
        new(2, 4, 3, 5, 33, 1, 1),
        new(1, 3, 4, 2, 70, 1, 1, Stride: 2, Padding: 1),
        new(1, 9, 8, 4, 27, 3, 3, Stride: 2, Padding: 1),
        new(1, 10, 11, 3, 5, 3, 2, Stride: 3, Padding: 2, Dilation: 2),
        new(2, 7, 6, 6, 8, 2, 3, Padding: 1, Groups: 2),
        new(1, 5, 6, 4, 4, 3, 3, Padding: 1, Groups: 4),
        new(1, 8, 9, 6, 9, 3, 3, Stride: 2, Padding: 1, Dilation: 2, Groups: 3),
        new(1, 4, 4, 2, 3, 3, 3, Padding: 5),
        new(3, 2, 13, 2, 16, 1, 5, Padding: 2),
        new(1, 5, 5, 2, 3, 5, 5, Stride: 4),
        new(1, 6, 6, 2, 3, 1, 1, Stride: 4),
    ];

    // Words of spikes that are full, begun, and several; panels of every number of lanes, one of which has an edge.
    private static readonly ConvolutionCase[] _spikingCases =
    [
        new(2, 1, 2, 64, 64, 1, 2, Padding: 1),
        new(1, 2, 2, 70, 16, 2, 1, Padding: 1),
        new(1, 1, 1, 129, 32, 1, 1, Padding: 1),
        new(1, 3, 4, 5, 48, 3, 3, Padding: 1),
        new(1, 3, 2, 4, 80, 2, 3, Padding: 2, Dilation: 2),
        new(1, 7, 6, 8, 16, 3, 3, Stride: 2, Padding: 1),
        new(1, 3, 4, 4, 21, 3, 3, Padding: 1),
        new(1, 3, 4, 4, 32, 3, 3, Padding: 1, Groups: 2),
        new(1, 2, 3, 64, 16, 1, 1),
        new(1, 2, 70, 3, 16, 3, 3, Padding: 1),
        new(2, 3, 131, 2, 32, 1, 3, Padding: 2, Dilation: 2),
    ];

    public static TheoryData<string> Lanes => KernelLanes.All;

    [Theory]
    [MemberData(nameof(Lanes))]
    public void A_convolution_is_its_definition(string lane) => ForEveryCase(_cases, lane, (checks, shapes, seed) => checks.Forward(shapes, seed));

    [Theory]
    [MemberData(nameof(Lanes))]
    public void A_convolution_of_spikes_is_its_definition(string lane) => ForEveryCase(_spikingCases, lane, (checks, shapes, seed) => checks.ForwardSpikes(shapes, seed));

    [Theory]
    [MemberData(nameof(Lanes))]
    public void A_convolutions_gradient_by_its_input_is_its_definition(string lane) =>
        ForEveryCase(_cases, lane, (checks, shapes, seed) => checks.BackwardInput(shapes, seed));

    [Theory]
    [MemberData(nameof(Lanes))]
    public void A_convolutions_gradient_by_its_weight_is_its_definition(string lane) =>
        ForEveryCase(_cases, lane, (checks, shapes, seed) => checks.BackwardWeight(shapes, seed));

    [Theory]
    [MemberData(nameof(Lanes))]
    public void A_gradient_by_the_weight_of_a_convolution_of_spikes_is_its_definition(string lane) =>
        ForEveryCase([.. _cases, .. _spikingCases], lane, (checks, shapes, seed) => checks.BackwardWeightOfSpikes(shapes, seed));

    // Sizes at which an image is cut into bands and a sum into parts.
    [Fact]
    public void Large_convolutions_are_their_definitions()
    {
        foreach (var lane in new[] { "Lane512 float", "Lane256 double" })
        {
            Checks(lane).Forward(new(1, 12, 120, 70, 2, 3, 3, Padding: 1), 2);
            Checks(lane).BackwardInput(new(1, 12, 120, 2, 70, 3, 3, Padding: 1), 2);
            Checks(lane).BackwardWeight(new(1, 12, 120, 3, 5, 3, 3, Padding: 1), 2);
            Checks(lane).BackwardWeightOfSpikes(new(1, 1, 3, 2, 16, 1, 1, Padding: 66), 2);
        }
    }

    // So many channels and outputs that rows of the weight are added spike by spike, which only the widest lanes hold side by side.
    [Theory]
    [InlineData("Lane512 float", 64)]
    [InlineData("Lane512 double", 32)]
    public void A_convolution_of_scattered_spikes_is_its_definition(string lane, int outputs)
    {
        Checks(lane).ForwardSpikes(new(1, 2, 4, 70, outputs, 3, 3, Padding: 1), 2);
        Checks(lane).ForwardSpikes(new(2, 2, 3, 33, outputs - 16, 3, 3, Padding: 2, Dilation: 2), 4);
        Checks(lane).ForwardSpikes(new(1, 5, 4, 66, outputs, 3, 3, Stride: 2, Padding: 1), 6);
        Checks(lane).ForwardSpikes(new(1, 3, 51, 36, outputs, 3, 1), 8);
    }

    private static void ForEveryCase(ConvolutionCase[] cases, string lane, Action<IConvolutionKernelChecks, ConvolutionCase, int> check)
    {
        for (var i = 0; i < cases.Length; i++)
        {
            check(Checks(lane), cases[i], 2 * i);
            check(Checks(lane), cases[i], (2 * i) + 1);
        }
    }

    private static IConvolutionKernelChecks Checks(string lane) => KernelLanes.Choose(lane, new Choice<float>(), new Choice<double>());

    private sealed class Choice<T> : ILaneChoice<T, IConvolutionKernelChecks>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public IConvolutionKernelChecks For<TLane>()
            where TLane : unmanaged, ILane<TLane, T> => new ConvolutionKernelChecks<TLane, T>();
    }
}
