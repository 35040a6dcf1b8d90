using System.Text;
using static SpikeSR.Reference.Tests.Serialization.CheckpointBytes;

namespace SpikeSR.Reference.Tests.Serialization;

public class UnpicklerTests
{
    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "getattr")]
    [InlineData("torch", "load")]
    [InlineData("torch._utils", "_rebuild_sparse_tensor")]
    [InlineData("torch", "Storage")]
    [InlineData("torch.", "FloatStorage")]
    [InlineData("collections", "OrderedDict.fromkeys")]
    [InlineData("numpy.core.multiarray", "scalar")]
    public void Any_other_global_is_refused_by_name_even_where_nothing_calls_it(string module, string name)
    {
        Assert.Contains($"data.pkl, byte 2: found global '{module}.{name}', expected tensors and containers only", Refusal(Checkpoint(Pickle(Global(module, name)))));
        var called = Pickle(Global(module, name), Tuple(Text("echo")), Reduce);
        Assert.Contains($"global '{module}.{name}'", Refusal(Checkpoint(called)));
        byte[] onStack = [0x80, 4, .. Text(module), .. Text(name), 0x93, .. Stop];
        Assert.Contains($"global '{module}.{name}'", Refusal(Checkpoint(onStack)));
    }

    [Fact]
    public void Only_what_rebuilds_a_tensor_can_be_called()
    {
        var storage = Storage("FloatStorage", "0", 1);
        byte[][] callables =
        [
            None, Text("os.system"), Integer(1), EmptyDictionary, Global("torch", "FloatStorage"), storage,
            Tensor(storage, 0, [1], [1]), Global("torch", "Size"), Global("torch._utils", "_rebuild_parameter"), Global("torch._utils", "_rebuild_tensor_v2"),
        ];
        foreach (var callable in callables)
        {
            Assert.Contains("expected one that rebuilds a tensor or an OrderedDict", Refusal(Checkpoint(Pickle(callable, Tuple(Text("x")), Reduce))));
            Assert.Contains("a call without a tuple of arguments", Refusal(Checkpoint(Pickle(callable, Text("x"), Reduce))));
        }

        Assert.Contains("a call of", Refusal(Checkpoint(Pickle(Global("collections", "OrderedDict"), Tuple(EmptyTuple), Reduce))));
    }

    [Theory]
    [InlineData("02", "opcode 0x30")] // POP
    [InlineData("2", "opcode 0x32")] // DUP
    [InlineData("i", "opcode 0x69")] // INST
    [InlineData("o", "opcode 0x6f")] // OBJ
    [InlineData("\u0081", "opcode 0x81")] // NEWOBJ
    [InlineData("\u0082", "opcode 0x82")] // EXT1
    [InlineData("\u0092", "opcode 0x92")] // NEWOBJ_EX
    [InlineData("P", "opcode 0x50")] // PERSID
    [InlineData("I", "opcode 0x49")] // INT
    [InlineData("\0", "opcode 0x00")]
    public void Opcodes_that_tensors_do_not_need_are_refused(string opcodes, string words)
    {
        Assert.Contains(words, Refusal(Checkpoint(Pickle(None, Encoding.Latin1.GetBytes(opcodes)))));
    }

    [Theory]
    [InlineData(".", "too few values on the stack")]
    [InlineData("N", "an end 0 bytes on")]
    [InlineData("NN.", "values or bytes left at the stop")]
    [InlineData("(N.", "values or bytes left at the stop")]
    [InlineData("N.N", "values or bytes left at the stop")]
    [InlineData("(.", "too few values on the stack")]
    [InlineData("t.", "no mark on the stack")]
    [InlineData("N(\u0085.", "too few values on the stack")]
    [InlineData("N\u0086.", "too few values on the stack")]
    [InlineData("q\0.", "an empty stack")]
    [InlineData("N(q\0t.", "an empty stack")]
    [InlineData("h\u0005.", "memo 5")]
    [InlineData("j\u0005\0\0\u0001.", "memo 16777221")]
    [InlineData("}Ns.", "an empty stack")]
    [InlineData("NNNs.", "found None, expected a dict")]
    [InlineData("}(Nu.", "a key without a value")]
    [InlineData("NNa.", "found None, expected a list")]
    [InlineData("N(e.", "found None, expected a list")]
    [InlineData("NNb.", "found None, expected an OrderedDict")]
    [InlineData("]Nb.", "found PickleList, expected an OrderedDict")]
    [InlineData("NQ.", "a persistent id of another kind")]
    [InlineData("NN\u0093.", "a global that is not two texts")]
    [InlineData("cos\n", "a name without an end")]
    [InlineData("X\u00ff\u00ff\u00ff\u007f.", "an end 1 bytes on, expected 2147483647 bytes more")]
    [InlineData("X\u00ff\u00ff\u00ff\u00ff.", "expected 4294967295 bytes more")]
    [InlineData("X\u0001\0\0\0\u00ff.", "a text that is not UTF-8")]
    [InlineData("\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff.", "expected 18446744073709551615 bytes more")]
    [InlineData("B\u00ff\u00ff\u00ff\u00ff.", "expected 4294967295 bytes more")]
    [InlineData("\u008a\u00ff.", "expected 255 bytes more")]
    [InlineData("G\0.", "expected 8 bytes more")]
    public void A_pickle_that_breaks_its_machine_is_refused(string opcodes, string words)
    {
        Assert.Contains(words, Refusal(Checkpoint([.. Protocol2, .. Encoding.Latin1.GetBytes(opcodes)])));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0x80, 1, (byte)'}', (byte)'.' })]
    [InlineData(new byte[] { 0x80, 6, (byte)'}', (byte)'.' })]
    [InlineData(new byte[] { (byte)'}', (byte)'.' })]
    public void Protocols_2_to_5_are_read(byte[] pickle) => Assert.Contains("no pickle protocol 2 to 5", Refusal(Checkpoint(pickle)));

    [Fact]
    public void Values_nested_in_themselves_or_deep_cost_nothing()
    {
        // Each tuple holds the one before twice: 2^200 leaves to whoever walks it.
        byte[] doubling = [.. EmptyTuple, .. Enumerable.Range(0, 200).SelectMany(i => (byte[])[(byte)'q', (byte)i, (byte)'h', (byte)i, 0x86])];
        byte[] deep = [.. Enumerable.Repeat((byte)'(', 100_000), .. Enumerable.Repeat((byte)'t', 100_000)];
        // A dict that is its own model.
        byte[] cyclic = [.. EmptyDictionary, (byte)'q', 0, .. Text("model"), (byte)'h', 0, (byte)'s'];
        Assert.Contains("found no tensor", Refusal(Checkpoint(Pickle(Dictionary(("x", doubling))))));
        Assert.Contains("found no tensor", Refusal(Checkpoint(Pickle(Dictionary(("x", deep))))));
        Assert.Contains("found no tensor", Refusal(Checkpoint(Pickle(cyclic))));
    }

    [Fact]
    public void Opcodes_and_pickles_are_limited()
    {
        var many = new byte[2_000_000];
        many.AsSpan().Fill((byte)'}');
        Protocol2.CopyTo(many, 0);
        var file = Checkpoint(many);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("more than 1048576 opcodes", Refusal(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
        var large = Zip(System.IO.Compression.CompressionLevel.SmallestSize, ("r/data.pkl", new byte[(16 << 20) + 1]));
        Assert.Contains("zip entry 'r/data.pkl': found 16777217 bytes, expected at most 16777216", Refusal(large));
    }

    [Fact]
    public void A_tuple_of_many_extents_is_refused_before_it_is_copied()
    {
        byte[] tuple = [(byte)'(', .. Enumerable.Repeat((byte)'N', 500_000), (byte)'t', (byte)'q', 0];
        byte[] tensor = [.. Global("torch._utils", "_rebuild_tensor_v2"), .. Tuple(Storage("FloatStorage", "0", 1), Integer(0), tuple, [(byte)'h', 0], [0x89], None), .. Reduce];
        Assert.Contains("a tensor of 500000 extents and 500000 strides, expected as many of each, at most 64", Refusal(Checkpoint(Pickle(tensor))));
    }

    [Fact]
    public void A_storages_identity_has_one_form()
    {
        byte[][] identities =
        [
            Tuple(Text("storage"), Global("torch", "FloatStorage"), Text("0"), Text("cpu"), Integer(-1)),
            Tuple(Text("module"), Global("torch", "FloatStorage"), Text("0"), Text("cpu"), Integer(1)),
            Tuple(Text("storage"), Global("torch", "Size"), Text("0"), Text("cpu"), Integer(1)),
            Tuple(Text("storage"), Global("torch", "FloatStorage"), Integer(0), Text("cpu"), Integer(1)),
            Tuple(Text("storage"), Global("torch", "FloatStorage"), Text(new string('0', 257)), Text("cpu"), Integer(1)),
            Tuple(Text("storage"), Global("torch", "FloatStorage"), Text("0"), Text("cpu")),
        ];
        foreach (var identity in identities)
        {
            Assert.Contains("a persistent id of another kind", Refusal(Checkpoint(Pickle(identity, "Q"u8.ToArray()))));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x8a, 0 }, 0)]
    [InlineData(new byte[] { 0x8a, 1, 0xff }, -1)]
    [InlineData(new byte[] { 0x8a, 2, 0xff, 0 }, 255)]
    [InlineData(new byte[] { 0x8a, 5, 0, 0, 0, 0, 0x80 }, -549755813888)]
    [InlineData(new byte[] { (byte)'J', 0xfe, 0xff, 0xff, 0xff }, -2)]
    [InlineData(new byte[] { (byte)'K', 0xff }, 255)]
    [InlineData(new byte[] { (byte)'M', 0xff, 0xff }, 65535)]
    public void Integers_of_every_length_keep_their_sign(byte[] integer, long expected)
    {
        byte[] tensor = [.. Global("torch._utils", "_rebuild_tensor_v2"), .. Tuple(Storage("FloatStorage", "0", 0), integer, Counts(7), Counts(1), None, None), .. Reduce];
        Assert.Contains($"shape [7] from element {expected}, expected", Refusal(Checkpoint(Pickle(tensor))));
    }
}
