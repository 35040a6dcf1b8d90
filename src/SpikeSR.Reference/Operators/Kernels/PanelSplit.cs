using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <summary>
/// How the columns of a right operand are cut into panels as wide as a tile: as few as possible, as even as possible, in whole lanes. The
/// last panel is filled up with zeros. Panels lie behind each other, each [depth, its lanes].
/// </summary>
/// <typeparam name="TLane">The lane type.</typeparam>
/// <typeparam name="T">The number type.</typeparam>
/// <param name="columns">Columns of the right operand.</param>
internal readonly struct PanelSplit<TLane, T>(int columns)
    where TLane : unmanaged, ILane<TLane, T>
    where T : unmanaged
{
    /// <summary>Columns, filled up to whole lanes.</summary>
    public int PaddedColumns => Lanes * TLane.Width;

    /// <summary>Number of panels.</summary>
    public int Count => (Lanes + MicroKernel.MaximumLanes<TLane>() - 1) / MicroKernel.MaximumLanes<TLane>();

    /// <summary>Whether a dense row-major matrix of these columns is its own packed form: one panel, nothing to fill up.</summary>
    public bool IsIdentity => Count == 1 && PaddedColumns == columns;

    private int Lanes => (columns + TLane.Width - 1) / TLane.Width;

    /// <summary>Lanes in a panel.</summary>
    /// <param name="panel">Index of the panel.</param>
    public int LanesOf(int panel) => (Lanes / Count) + (panel < Lanes % Count ? 1 : 0);

    /// <summary>First column of a panel.</summary>
    /// <param name="panel">Index of the panel.</param>
    public int FirstColumnOf(int panel) => ((panel * (Lanes / Count)) + Math.Min(panel, Lanes % Count)) * TLane.Width;
}
