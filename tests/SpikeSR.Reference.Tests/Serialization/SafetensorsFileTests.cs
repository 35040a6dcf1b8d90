using System.Buffers.Binary;
using System.Text;
using SpikeSR.Reference.Serialization;
using static SpikeSR.Reference.Tests.Serialization.SafetensorsBytes;

namespace SpikeSR.Reference.Tests.Serialization;

public class SafetensorsFileTests
{
    private static readonly string TwoTensors = "{" + Entry("b", "F32", "2", 2, 10) + "," + Entry("a", "I16", "1,1", 0, 2) + "}";

    [Fact]
    public void A_file_is_read_in_the_headers_order_whatever_the_datas_order()
    {
        using var file = SafetensorsFile.Open(Of(TwoTensors + "   ", 10), "x");
        Assert.Equal(["b", "a"], file.Tensors.Keys);
        Assert.Equal([1L, 1L], file.Tensors["a"].Extents);
        Assert.Equal([0x0201L], file.Tensors["a"].ToInt64s());
        Assert.Equal([BitConverter.UInt32BitsToSingle(0x06050403), BitConverter.UInt32BitsToSingle(0x0a090807)], file.Tensors["b"].ToSingles());
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Metadata_keeps_its_order()
    {
        using var file = SafetensorsFile.Open(Of("""{"__metadata__":{"z":"1","a":"\u00e9\n","":""}}""", 0), "x");
        Assert.Equal([("z", "1"), ("a", "é\n"), ("", "")], file.Metadata.Select(pair => (pair.Key, pair.Value)));
        Assert.Empty(file.Tensors);
    }

    [Theory]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0xf8, 0xbf }, -1.5)]
    [InlineData("F32", new byte[] { 0, 0, 0xc0, 0xbf }, -1.5)]
    [InlineData("F16", new byte[] { 0x00, 0xbe }, -1.5)]
    [InlineData("F16", new byte[] { 0x01, 0x00 }, 5.9604644775390625e-8)]
    [InlineData("F16", new byte[] { 0x00, 0x7c }, double.PositiveInfinity)]
    [InlineData("BF16", new byte[] { 0xc0, 0xbf }, -1.5)]
    [InlineData("BF16", new byte[] { 0xc0, 0x7f }, double.NaN)]
    [InlineData("I64", new byte[] { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, -2.0)]
    [InlineData("I32", new byte[] { 0xfe, 0xff, 0xff, 0xff }, -2.0)]
    [InlineData("I16", new byte[] { 0xfe, 0xff }, -2.0)]
    [InlineData("I8", new byte[] { 0xfe }, -2.0)]
    [InlineData("U8", new byte[] { 0xfe }, 254.0)]
    [InlineData("BOOL", new byte[] { 1 }, 1.0)]
    public void Every_type_is_read_as_its_number(string type, byte[] element, double expected)
    {
        using var file = SafetensorsFile.Open(WithData(Entry("x", type, "", 0, element.Length), element), "x");
        Assert.Equal([expected], file.Tensors["x"].ToDoubles());
        Assert.Equal([(float)expected], file.Tensors["x"].ToSingles());
        Assert.Equal(type, file.Tensors["x"].ElementType.ToString());
    }

    [Fact]
    public void What_a_float_cannot_hold_is_rounded_once_to_nearest_even()
    {
        // 2^60 + 2^36 lies half-way between two floats, and one more tips it; by way of a double that one would be lost.
        var element = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(element, (1L << 60) + (1L << 36) + 1);
        using var integer = SafetensorsFile.Open(WithData(Entry("x", "I64", "", 0, 8), element), "x");
        Assert.Equal([(1L << 60) + (1L << 37)], integer.Tensors["x"].ToSingles().Select(value => (long)value));
        BinaryPrimitives.WriteDoubleLittleEndian(element, 1 + Math.ScaleB(1, -24));
        using var real = SafetensorsFile.Open(WithData(Entry("x", "F64", "", 0, 8), element), "x");
        Assert.Equal([1f], real.Tensors["x"].ToSingles());
    }

    [Fact]
    public void Integers_are_read_exactly_and_floats_never_as_integers()
    {
        var element = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(element, long.MaxValue);
        using var integer = SafetensorsFile.Open(WithData(Entry("x", "I64", "1", 0, 8), element), "x");
        Assert.Equal([long.MaxValue], integer.Tensors["x"].ToInt64s());
        using var real = SafetensorsFile.Open(WithData(Entry("x", "F64", "1", 0, 8), element), "x");
        Assert.Equal("x: tensor 'x': found F64, expected an integer type", Assert.Throws<MalformedFileException>(() => real.Tensors["x"].ToInt64s()).Message);
    }

    [Fact]
    public void A_boolean_is_0_or_1()
    {
        using var file = SafetensorsFile.Open(WithData(Entry("x", "BOOL", "3", 0, 3), [1, 0, 2]), "x");
        var refusal = Assert.Throws<MalformedFileException>(() => file.Tensors["x"].ToDoubles());
        Assert.Equal("x: tensor 'x': found byte 2 in BOOL element 2, expected 0 or 1", refusal.Message);
    }

    [Fact]
    public void A_span_of_another_length_is_an_argument_error()
    {
        using var file = SafetensorsFile.Open(Of(TwoTensors, 10), "x");
        Assert.Throws<ArgumentException>("values", () => file.Tensors["b"].Read(new double[3]));
        Assert.Throws<ArgumentException>("values", () => file.Tensors["b"].Read(new float[1]));
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        using var file = SafetensorsFile.Open(Of(TwoTensors, 10), "x");
        Assert.Equal("x: file: found no such tensor, expected tensor 'c'", Assert.Throws<MalformedFileException>(() => file.Require("c")).Message);
        Assert.Same(file.Tensors["a"], file.Require("a"));
    }

    [Fact]
    public void A_shape_is_given_where_ours_can_hold_it()
    {
        using var file = SafetensorsFile.Open(
            Of("{" + Entry("a", "U8", "1,2,3", 0, 6) + "," + Entry("b", "U8", "1,1,1,1,1,1,1", 6, 7) + "," + Entry("c", "U8", "0,4294967296", 7, 7) + "}", 7), "x");
        Assert.Equal([1, 2, 3], file.Tensors["a"].ToShape().ToArray());
        Assert.Equal("x: tensor 'b': found 7 axes, expected at most 6", Assert.Throws<MalformedFileException>(() => file.Tensors["b"].ToShape()).Message);
        Assert.Throws<MalformedFileException>(() => file.Tensors["c"].ToShape());
    }

    [Fact]
    public void A_file_cut_at_any_byte_or_with_a_byte_more_is_refused()
    {
        var whole = Of(TwoTensors, 10);
        for (var length = 0; length < whole.Length; length++)
        {
            Refusal(whole[..length]);
        }

        Assert.Equal("case.safetensors: data: found 11 bytes, expected 10, as the header says", Refusal([.. whole, 0]));
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(3UL)]
    public void A_header_length_beyond_the_file_is_refused(ulong length)
    {
        var file = Of("{}", 0);
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        Assert.Equal($"case.safetensors: header length: found {length} bytes, expected at most 2", Refusal(file));
    }

    [Fact]
    public void A_header_over_the_formats_limit_is_refused_before_it_is_read()
    {
        var path = Path.Combine(Path.GetTempPath(), $"spikesr-{Guid.NewGuid():N}.safetensors");
        try
        {
            // Sparse: 200 MB that take no room.
            using (var stream = new FileStream(path, FileMode.CreateNew))
            {
                stream.Write(BitConverter.GetBytes(150_000_000L));
                stream.SetLength(200_000_000);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            var refusal = Assert.Throws<MalformedFileException>(() => SafetensorsFile.Open(path));
            Assert.EndsWith(": header length: found 150000000 bytes, expected at most 100000000", refusal.Message);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("", "first byte", 0)]
    [InlineData("[]", "first byte 0x5b", 0)]
    [InlineData(" {}", "first byte 0x20", 0)]
    [InlineData("{", "not JSON", 0)]
    [InlineData("{}{}", "not JSON", 0)]
    [InlineData("{}x", "not JSON", 0)]
    [InlineData("{\"a\":1}", "tensor 'a': found a number, expected an object", 0)]
    [InlineData("{\"a\":null}", "tensor 'a': found null", 0)]
    [InlineData("{\"a\":{}}", "an incomplete entry", 0)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "an incomplete entry", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}", "an incomplete entry", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", "data_offsets of more than 2 numbers", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "field 'dtype'", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}", "field 'more'", 4)]
    [InlineData("{\"a\":{\"dtype\":32,\"shape\":[1],\"data_offsets\":[0,4]}}", "dtype that is a number", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", "dtype 'F8_E4M3', expected F64, F32", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", "shape that is a number, expected an array", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "shape with an item that is no count", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", "shape with an item that is no count", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[[1]],\"data_offsets\":[0,4]}}", "shape with an item that is no count", 4)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}}", "shape with an item that is no count", 4)]
    [InlineData("{\"__metadata__\":{\"a\":1}}", "metadata 'a': found a number, expected a text", 0)]
    [InlineData("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", "metadata 'a': found the key twice", 0)]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}}", "__metadata__ twice", 0)]
    [InlineData("{\"__metadata__\":[]}", "found an array, expected an object", 0)]
    [InlineData("{\"__metadata__\":{\"a\":\"\\ud800\"}}", "half a surrogate pair", 0)]
    public void A_header_that_breaks_the_format_is_refused(string header, string words, int dataLength)
    {
        Assert.Contains(words, Refusal(Of(header.Length == 0 ? "\0" : header, dataLength)));
    }

    [Theory]
    [InlineData("2", 0, 4, "data_offsets [0, 4], expected 8 bytes for F32 [2]")]
    [InlineData("1", 4, 0, "data_offsets [4, 0], expected 4 bytes for F32 [1]")]
    [InlineData("1", 0, 8, "data_offsets [0, 8], expected 4 bytes for F32 [1]")]
    [InlineData("2", 0, 8, "data up to byte 8, expected at most 4, the bytes after the header")]
    [InlineData("1", 1, 5, "data from byte 1, expected from byte 0, where the tensor before it ends")]
    [InlineData("4294967296,4294967296", 0, 0, "shape [4294967296, 4294967296], expected at most 2^63 - 1 elements")]
    [InlineData("2305843009213693952,2", 0, 0, "data_offsets [0, 0], expected 18446744073709551616 bytes")]
    [InlineData("1", 9223372036854775800, 9223372036854775804, "data from byte 9223372036854775800")]
    public void A_tensor_that_lies_about_its_bytes_is_refused(string shape, long begin, long end, string words)
    {
        var refusal = Refusal(Of("{" + Entry("a", "F32", shape, begin, end) + "}", 4));
        Assert.Contains("tensor 'a'", refusal);
        Assert.Contains(words, refusal);
    }

    [Fact]
    public void Tensors_that_overlap_leave_holes_or_share_a_name_are_refused()
    {
        Assert.Contains("tensor 'b': found data from byte 2, expected from byte 4", Refusal(Of("{" + Entry("a", "I8", "4", 0, 4) + "," + Entry("b", "I8", "4", 2, 6) + "}", 6)));
        Assert.Contains("tensor 'b': found data from byte 0, expected from byte 4", Refusal(Of("{" + Entry("a", "I8", "4", 0, 4) + "," + Entry("b", "I8", "4", 0, 4) + "}", 4)));
        Assert.Contains("tensor 'b': found data from byte 5, expected from byte 4", Refusal(Of("{" + Entry("a", "I8", "4", 0, 4) + "," + Entry("b", "I8", "4", 5, 9) + "}", 9)));
        Assert.Contains("tensor 'a': found the name twice", Refusal(Of("{" + Entry("a", "I8", "4", 0, 4) + "," + Entry("a", "I8", "4", 4, 8) + "}", 8)));
        Assert.Contains("data: found 9 bytes, expected 8", Refusal(Of("{" + Entry("a", "I8", "4", 0, 4) + "," + Entry("b", "I8", "4", 4, 8) + "}", 9)));
    }

    [Fact]
    public void Empty_tensors_lie_between_the_others()
    {
        var header = "{" + Entry("a", "I8", "0", 0, 0) + "," + Entry("b", "I8", "4", 0, 4) + "," + Entry("c", "F64", "3,0", 4, 4) + "}";
        using var file = SafetensorsFile.Open(Of(header, 4), "x");
        Assert.Empty(file.Tensors["c"].ToDoubles());
        Assert.Contains("tensor 'c'", Refusal(Of(header.Replace("[4,4]", "[3,3]", StringComparison.Ordinal), 4)));
    }

    [Fact]
    public void Deep_nesting_and_long_shapes_are_refused()
    {
        Refusal(Of(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)), 0));
        Refusal(Of("{\"a\":" + new string('[', 1_000_000), 0));
        Assert.Contains("shape of more than 64 numbers", Refusal(Of("{" + Entry("a", "I8", string.Join(",", Enumerable.Repeat("1", 100_000)), 0, 1) + "}", 1)));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        Assert.Contains("bytes that are not UTF-8", Refusal(Of([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)'}'], 0)));
    }

    [Fact]
    public void Hostile_names_are_printed_on_one_short_line()
    {
        var refusal = Refusal(Of("{\"\\u001b[2J\\n\\u202e" + new string('x', 100_000) + "\":1}", 0));
        Assert.Contains(@"tensor '\u001b[2J\u000a\u202exxx", refusal);
        Assert.InRange(refusal.Length, 1, 400);
        Assert.DoesNotContain(refusal, char.IsControl);
    }

    [Fact]
    public void A_folder_is_no_file()
    {
        Assert.EndsWith(": file: found a folder, expected a file", Assert.Throws<MalformedFileException>(() => SafetensorsFile.Open(Path.GetTempPath())).Message);
    }

    [Fact]
    public void A_file_that_shrank_after_opening_is_refused_when_read()
    {
        var path = Path.Combine(Path.GetTempPath(), $"spikesr-{Guid.NewGuid():N}.safetensors");
        try
        {
            var whole = Of(TwoTensors, 10);
            File.WriteAllBytes(path, whole);
            using var file = SafetensorsFile.Open(path);
            Assert.Equal([0x0201L], file.Tensors["a"].ToInt64s());
            using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                stream.SetLength(whole.Length - 1);
            }

            Assert.Throws<MalformedFileException>(() => file.Tensors["b"].ToDoubles());
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] WithData(string entry, byte[] data)
    {
        var file = Of(Encoding.UTF8.GetBytes("{" + entry + "}"), data.Length);
        data.CopyTo(file, file.Length - data.Length);
        return file;
    }
}
