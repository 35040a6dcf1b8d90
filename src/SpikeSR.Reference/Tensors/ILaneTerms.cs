namespace SpikeSR.Reference.Tensors;

/// <summary>The terms of many sums side by side: a matrix [rows, channels] that is computed where it is needed and never stored.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
internal interface ILaneTerms<T>
    where T : unmanaged
{
    /// <summary>The terms of one row and as many channels, from <paramref name="channel"/> on, as a lane holds.</summary>
    /// <typeparam name="TLane">Lane type.</typeparam>
    TLane At<TLane>(int row, int channel)
        where TLane : unmanaged, ILane<TLane, T>;
}
