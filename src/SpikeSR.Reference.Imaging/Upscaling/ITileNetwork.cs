using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>What enlarges a tile.</summary>
internal interface ITileNetwork
{
    /// <summary>The enlargement.</summary>
    int Scale { get; }

    /// <summary>The sides that suit it.</summary>
    TileLengths Lengths { get; }

    /// <summary>An upper bound of the memory that a tile takes while it is enlarged.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    long BytesFor(int height, int width);

    /// <summary>Enlarges a tile; safe to call from several threads, which then take turns.</summary>
    /// <param name="tile">[1, height, width, 3] in [0, 1].</param>
    /// <param name="enlarged">[1, s height, s width, 3].</param>
    void Enlarge(TensorView<F32> tile, TensorView<F32> enlarged);
}
