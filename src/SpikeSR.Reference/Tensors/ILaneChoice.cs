namespace SpikeSR.Reference.Tensors;

/// <summary>Something that can be made for any lane type; <see cref="SimdDispatch.Choose"/> picks the type.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
/// <typeparam name="TResult">What is made.</typeparam>
internal interface ILaneChoice<T, TResult>
    where T : unmanaged
{
    /// <summary>Makes it for one lane type.</summary>
    /// <typeparam name="TLane">The lane type.</typeparam>
    TResult For<TLane>()
        where TLane : unmanaged, ILane<TLane, T>;
}
