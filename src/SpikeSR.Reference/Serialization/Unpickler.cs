using System.Buffers.Binary;
using System.Text;

namespace SpikeSR.Reference.Serialization;

/// <summary>
/// A pickle machine that can build tensors' descriptions and containers, and nothing else: it calls no code that a file names, and it
/// refuses any global but the few of <see cref="PickleGlobal"/>. It never walks a built value, so neither depth nor cycles matter;
/// each opcode takes a byte of input and makes at most one small object, and their number is limited.
/// </summary>
internal sealed class Unpickler
{
    private const int MostOperations = 1 << 20;
    private const int LongestKey = 256;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _file;
    private readonly byte[] _pickle;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _position;
    private int _opcodePosition;

    private Unpickler(string file, byte[] pickle) => (_file, _pickle) = (file, pickle);

    /// <summary>Runs a pickle from its protocol to its stop, which must be its last byte, and returns the value it built.</summary>
    public static object? Load(string file, byte[] pickle) => new Unpickler(file, pickle).Run();

    private object? Run()
    {
        if (_pickle is not [(byte)PickleOpcode.Protocol, >= 2 and <= 5, ..])
        {
            throw Refuse("no pickle protocol 2 to 5 at the start", "what torch.save writes");
        }

        for (var operation = 0; operation < MostOperations; operation++)
        {
            _opcodePosition = _position;
            var opcode = (PickleOpcode)Take(1)[0];
            if (opcode == PickleOpcode.Stop)
            {
                var value = Pop();
                return _stack.Count == 0 && _marks.Count == 0 && _position == _pickle.Length
                    ? value
                    : throw Refuse("values or bytes left at the stop", "one value, and the stop as the last byte");
            }

            Execute(opcode);
        }

        throw Refuse($"more than {MostOperations} opcodes", "a state dict");
    }

    private void Execute(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Protocol:
                Take(1);
                break;
            case PickleOpcode.Frame:
                // Frames only help a reader to fetch ahead; the length is checked and otherwise of no use.
                TakeLength(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)), look: true);
                break;
            case PickleOpcode.None:
                _stack.Add(null);
                break;
            case PickleOpcode.True:
                _stack.Add(true);
                break;
            case PickleOpcode.False:
                _stack.Add(false);
                break;
            case PickleOpcode.BinInt:
                _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                break;
            case PickleOpcode.BinInt1:
                _stack.Add((long)Take(1)[0]);
                break;
            case PickleOpcode.BinInt2:
                _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                break;
            case PickleOpcode.Long1:
                _stack.Add(Integer(Take(Take(1)[0])));
                break;
            case PickleOpcode.BinFloat:
                _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                break;
            case PickleOpcode.BinUnicode:
                _stack.Add(Text(TakeLength(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))));
                break;
            case PickleOpcode.ShortBinUnicode:
                _stack.Add(Text(Take(Take(1)[0])));
                break;
            case PickleOpcode.BinBytes:
                TakeLength(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
                _stack.Add(PickleValues.Ignored);
                break;
            case PickleOpcode.ShortBinBytes:
                Take(Take(1)[0]);
                _stack.Add(PickleValues.Ignored);
                break;
            case PickleOpcode.Mark:
                _marks.Add(_stack.Count);
                break;
            case PickleOpcode.EmptyTuple:
                _stack.Add(new PickleTuple([]));
                break;
            case PickleOpcode.Tuple1 or PickleOpcode.Tuple2 or PickleOpcode.Tuple3:
                _stack.Add(new PickleTuple(Pop(opcode - PickleOpcode.Tuple1 + 1)));
                break;
            case PickleOpcode.Tuple:
                _stack.Add(new PickleTuple(PopToMark()));
                break;
            case PickleOpcode.EmptyList:
                _stack.Add(new PickleList());
                break;
            case PickleOpcode.Append:
                Pop();
                Top<PickleList>("a list");
                break;
            case PickleOpcode.Appends:
                PopToMark();
                Top<PickleList>("a list");
                break;
            case PickleOpcode.EmptyDictionary:
                _stack.Add(new PickleDictionary());
                break;
            case PickleOpcode.SetItem:
                SetItems(Pop(2));
                break;
            case PickleOpcode.SetItems:
                SetItems(PopToMark());
                break;
            case PickleOpcode.BinPut:
                _memo[Take(1)[0]] = Top();
                break;
            case PickleOpcode.LongBinPut:
                _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top();
                break;
            case PickleOpcode.Memoize:
                _memo[(uint)_memo.Count] = Top();
                break;
            case PickleOpcode.BinGet:
                _stack.Add(Remember(Take(1)[0]));
                break;
            case PickleOpcode.LongBinGet:
                _stack.Add(Remember(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))));
                break;
            case PickleOpcode.Global:
                _stack.Add(Global(Line(), Line()));
                break;
            case PickleOpcode.StackGlobal:
                _stack.Add(Pop(2) is [string module, string name] ? Global(module, name) : throw Refuse("a global that is not two texts", "module and name"));
                break;
            case PickleOpcode.BinPersistentId:
                _stack.Add(Storage(Pop()));
                break;
            case PickleOpcode.Reduce:
                var arguments = Pop() as PickleTuple ?? throw Refuse("a call without a tuple of arguments", "a tuple");
                _stack.Add(Call(Pop(), arguments.Items));
                break;
            case PickleOpcode.Build:
                // A state dict carries its modules' versions as an attribute; they say nothing about a tensor.
                Pop();
                Top<PickleDictionary>("an OrderedDict to give attributes to");
                break;
            default:
                throw Refuse($"opcode 0x{(byte)opcode:x2}", "one that tensors and containers need");
        }
    }

    private object Global(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => new PickleGlobal.OrderedDictionary(),
        ("torch", "Size") => new PickleGlobal.Size(),
        ("torch._utils", "_rebuild_tensor_v2") => new PickleGlobal.RebuildTensor(),
        ("torch._utils", "_rebuild_parameter") => new PickleGlobal.RebuildParameter(),
        ("torch", "DoubleStorage") => new PickleGlobal.Storage(ElementType.F64),
        ("torch", "FloatStorage") => new PickleGlobal.Storage(ElementType.F32),
        ("torch", "HalfStorage") => new PickleGlobal.Storage(ElementType.F16),
        ("torch", "BFloat16Storage") => new PickleGlobal.Storage(ElementType.BF16),
        ("torch", "LongStorage") => new PickleGlobal.Storage(ElementType.I64),
        ("torch", "IntStorage") => new PickleGlobal.Storage(ElementType.I32),
        ("torch", "ShortStorage") => new PickleGlobal.Storage(ElementType.I16),
        ("torch", "CharStorage") => new PickleGlobal.Storage(ElementType.I8),
        ("torch", "ByteStorage") => new PickleGlobal.Storage(ElementType.U8),
        ("torch", "BoolStorage") => new PickleGlobal.Storage(ElementType.BOOL),
        _ => throw Refuse($"global '{module}.{name}'", "tensors and containers only; save the state dict alone"),
    };

    private object Call(object? callable, object?[] arguments)
    {
        switch (callable)
        {
            case PickleGlobal.OrderedDictionary when arguments is []:
                return new PickleDictionary();
            case PickleGlobal.Size when arguments is [PickleTuple size]:
                return size;
            case PickleGlobal.RebuildParameter when arguments is [PickledTensor tensor, ..] && arguments.Length == 3:
                return tensor;
            case PickleGlobal.RebuildTensor
                when arguments is [PickledStorage storage, long offset, PickleTuple size, PickleTuple stride, ..] && arguments.Length is 6 or 7:
                return Tensor(storage, offset, size, stride);
            default:
                throw Refuse($"a call of {callable?.GetType().Name ?? "None"} with {arguments.Length} arguments", "one that rebuilds a tensor or an OrderedDict");
        }
    }

    private PickledTensor Tensor(PickledStorage storage, long offset, PickleTuple size, PickleTuple stride)
    {
        if (size.Items.Length != stride.Items.Length || size.Items.Length > StoredTensor.MaximumRank)
        {
            throw Refuse($"a tensor of {size.Items.Length} extents and {stride.Items.Length} strides", $"as many of each, at most {StoredTensor.MaximumRank}");
        }

        var extents = Array.ConvertAll(size.Items, item => item as long? ?? -1);
        var strides = Array.ConvertAll(stride.Items, item => item as long? ?? -1);

        // More elements than the storage has (an expanded view) would let a small file take any amount of memory.
        var count = StoredTensor.CountElements(extents);
        if (count < 0 || count > storage.Count || offset < 0 || strides.Any(step => step < 0))
        {
            throw Refuse($"shape [{string.Join(", ", extents)}] from element {offset}", $"counts, and at most the storage's {storage.Count} elements");
        }

        Int128 last = offset;
        for (var axis = 0; axis < extents.Length; axis++)
        {
            last += (Int128)(extents[axis] - 1) * strides[axis];
        }

        if (count > 0 && last >= storage.Count)
        {
            throw Refuse($"a tensor that reaches element {last}", $"at most {storage.Count - 1}, the storage's last");
        }

        return new PickledTensor(storage, offset, extents, strides);
    }

    private PickledStorage Storage(object? identity) =>
        identity is PickleTuple { Items: ["storage", PickleGlobal.Storage type, string key, string, long count] } && count >= 0 && key.Length <= LongestKey
            ? new PickledStorage(type.Type, key, count)
            : throw Refuse("a persistent id of another kind", "('storage', type, key, location, number of elements)");

    private void SetItems(object?[] items)
    {
        var dictionary = Top<PickleDictionary>("a dict");
        if (items.Length % 2 != 0)
        {
            throw Refuse("a key without a value", "pairs");
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            dictionary.Pairs.Add(new(items[i], items[i + 1]));
        }
    }

    private object? Pop() => Pop(1)[0];

    private object?[] Pop(int count)
    {
        var floor = _marks.Count == 0 ? 0 : _marks[^1];
        if (_stack.Count - count < floor)
        {
            throw Refuse("too few values on the stack", $"{count}");
        }

        var items = new object?[count];
        _stack.CopyTo(_stack.Count - count, items, 0, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw Refuse("no mark on the stack", "a mark");
        }

        var items = Pop(_stack.Count - _marks[^1]);
        _marks.RemoveAt(_marks.Count - 1);
        return items;
    }

    private object? Top() =>
        _stack.Count > (_marks.Count == 0 ? 0 : _marks[^1]) ? _stack[^1] : throw Refuse("an empty stack", "a value");

    private T Top<T>(string expected)
        where T : class
    {
        var value = Top();
        return value as T ?? throw Refuse(value?.GetType().Name ?? "None", expected);
    }

    private object? Remember(uint index) => _memo.TryGetValue(index, out var value) ? value : throw Refuse($"memo {index}", "one that was put");

    private ReadOnlySpan<byte> Take(int count) => TakeLength((ulong)count);

    private ReadOnlySpan<byte> TakeLength(ulong count, bool look = false)
    {
        if (count > (ulong)(_pickle.Length - _position))
        {
            throw Refuse($"an end {_pickle.Length - _position} bytes on", $"{count} bytes more");
        }

        var bytes = _pickle.AsSpan(_position, (int)count);
        _position += look ? 0 : (int)count;
        return bytes;
    }

    private string Line()
    {
        var length = _pickle.AsSpan(_position).IndexOf((byte)'\n');
        if (length < 0)
        {
            throw Refuse("a name without an end", "a line");
        }

        var line = Text(Take(length));
        Take(1);
        return line;
    }

    private string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            throw Refuse("a text that is not UTF-8", "UTF-8");
        }
    }

    private static object Integer(ReadOnlySpan<byte> twosComplement)
    {
        if (twosComplement.Length > sizeof(long))
        {
            return PickleValues.Ignored;
        }

        Span<byte> bytes = stackalloc byte[sizeof(long)];
        bytes.Fill(twosComplement is [.., >= 0x80] ? (byte)0xff : (byte)0);
        twosComplement.CopyTo(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    private MalformedFileException Refuse(string found, string expected) => new(_file, $"data.pkl, byte {_opcodePosition}", found, expected);
}
