using System.Numerics;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

public sealed class MatrixKernelTests
{
    // Every remainder of the 6 rows, of the lanes in a tile and of the numbers in a lane, one and several panels, sums with and without parts.
    private static readonly (int Rows, int Depth, int Columns)[] _sizes =
    [
        (1, 1, 1), (2, 3, 5), (5, 0, 7), (6, 9, 8), (7, 2, 9), (11, 5, 15), (12, 27, 16), (13, 18, 17), (18, 33, 27), (19, 4, 31),
        (24, 7, 32), (25, 1, 33), (3, 64, 48), (26, 10, 49), (6, 100, 64), (23, 64, 100), (97, 3, 65), (193, 5, 81), (8, 769, 19), (7, 1600, 3),
    ];

    public static TheoryData<string> Lanes => KernelLanes.All;

    [Theory]
    [MemberData(nameof(Lanes))]
    public void A_linear_map_is_its_definition(string lane)
    {
        foreach (var (rows, depth, columns) in _sizes)
        {
            Checks(lane).LinearMap(rows, depth, columns);
        }
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public void The_gradients_of_a_linear_map_are_their_definitions(string lane)
    {
        foreach (var (rows, outputs, inputs) in _sizes)
        {
            Checks(lane).LinearGradients(rows, outputs, inputs);
        }
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public void A_product_of_strided_operands_leaves_the_memory_around_it_alone(string lane)
    {
        foreach (var (rows, depth, columns) in _sizes)
        {
            Checks(lane).StridedProduct(rows, depth, columns);
        }
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public void Transposition_moves_every_element(string lane)
    {
        foreach (var (rows, columns) in new[] { (1, 1), (3, 9), (4, 4), (7, 6), (16, 33) })
        {
            Checks(lane).Transposition(rows, columns);
        }
    }

    private static IMatrixKernelChecks Checks(string lane) => KernelLanes.Choose(lane, new Choice<float>(), new Choice<double>());

    private sealed class Choice<T> : ILaneChoice<T, IMatrixKernelChecks>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public IMatrixKernelChecks For<TLane>()
            where TLane : unmanaged, ILane<TLane, T> => new MatrixKernelChecks<TLane, T>();
    }
}
