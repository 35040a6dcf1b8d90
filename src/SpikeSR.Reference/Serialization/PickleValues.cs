namespace SpikeSR.Reference.Serialization;

/// <summary>What a restricted pickle can hold beside None, booleans, integers (long), floats (double) and texts.</summary>
internal static class PickleValues
{
    /// <summary>A value that nothing here asks for: bytes, or an integer past 64 bits.</summary>
    public static readonly object Ignored = new();
}

/// <summary>A tuple, or a torch.Size.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A list; its items are never asked for, only counted by the pickle's own length.</summary>
internal sealed record PickleList;

/// <summary>A dict or an OrderedDict: pairs in the order they were set. Keys are not hashed, so none can be costly.</summary>
internal sealed class PickleDictionary
{
    public List<KeyValuePair<object?, object?>> Pairs { get; } = new(0);
}

/// <summary>One of the few functions and classes that a pickle may name.</summary>
internal abstract record PickleGlobal
{
    /// <summary>collections.OrderedDict.</summary>
    public sealed record OrderedDictionary : PickleGlobal;

    /// <summary>torch.Size.</summary>
    public sealed record Size : PickleGlobal;

    /// <summary>torch._utils._rebuild_tensor_v2.</summary>
    public sealed record RebuildTensor : PickleGlobal;

    /// <summary>torch._utils._rebuild_parameter.</summary>
    public sealed record RebuildParameter : PickleGlobal;

    /// <summary>torch.FloatStorage and its kin.</summary>
    public sealed record Storage(ElementType Type) : PickleGlobal;
}

/// <summary>A flat run of elements that lies in an entry of its own.</summary>
internal sealed record PickledStorage(ElementType Type, string Key, long Count);

/// <summary>A tensor: a strided view of a storage.</summary>
internal sealed record PickledTensor(PickledStorage Storage, long Offset, long[] Extents, long[] Strides);
