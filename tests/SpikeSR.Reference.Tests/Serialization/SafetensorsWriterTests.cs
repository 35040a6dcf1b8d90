using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Serialization;

public class SafetensorsWriterTests
{
    [Fact]
    public void A_small_file_has_these_bytes()
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("op", "a \"quoted\" é");
        writer.Add("flag", new Shape(1), [true]);
        writer.Add("x/é", new Shape(2, 1), [1f, -2f]);
        const string header =
            """{"__metadata__":{"op":"a \"quoted\" é"},"flag":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},"x/é":{"dtype":"F32","shape":[2,1],"data_offsets":[1,9]}}""";
        var padded = Encoding.UTF8.GetBytes(header).ToList();
        padded.AddRange(Enumerable.Repeat((byte)' ', (8 - (padded.Count % 8)) % 8));
        byte[] expected = [.. BitConverter.GetBytes((long)padded.Count), .. padded, 1, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0];
        Assert.Equal(expected, Bytes(writer));
    }

    [Fact]
    public void What_is_written_is_read_back_bit_for_bit()
    {
        var tensors =
            from count in Gen.Choose(0, 6)
            from kinds in Gen.Choose(0, 4).ArrayOf(count)
            from shapes in Gen.Choose(0, 3).ArrayOf().ArrayOf(count)
            from seed in Gen.Choose(0, int.MaxValue)
            select (kinds, shapes: shapes.Select(shape => shape.Take(6).ToArray()).ToArray(), seed);
        var property = Prop.ForAll(tensors.ToArbitrary(), sample =>
        {
            var random = new Random(sample.seed);
            var writer = new SafetensorsWriter();
            var expected = new List<(string Name, int[] Shape, double[] Values)>();
            for (var i = 0; i < sample.kinds.Length; i++)
            {
                var shape = new Shape(sample.shapes[i]);
                var words = Enumerable.Range(0, shape.Length).Select(_ => random.NextInt64(long.MinValue, long.MaxValue)).ToArray();
                var name = $"{(char)('z' - i)}\n\"{i}";
                double[] values;
                switch (sample.kinds[i])
                {
                    case 0:
                        values = Array.ConvertAll(words, BitConverter.Int64BitsToDouble);
                        writer.Add(name, shape, values);
                        break;
                    case 1:
                        var singles = Array.ConvertAll(words, word => BitConverter.Int32BitsToSingle((int)word));
                        values = Array.ConvertAll(singles, value => (double)value);
                        writer.Add(name, shape, singles);
                        break;
                    case 2:
                        values = Array.ConvertAll(words, word => (double)word);
                        writer.Add(name, shape, words);
                        break;
                    case 3:
                        var integers = Array.ConvertAll(words, word => (int)word);
                        values = Array.ConvertAll(integers, value => (double)value);
                        writer.Add(name, shape, integers);
                        break;
                    default:
                        var flags = Array.ConvertAll(words, word => word > 0);
                        values = Array.ConvertAll(flags, flag => flag ? 1.0 : 0);
                        writer.Add(name, shape, flags);
                        break;
                }

                expected.Add((name, shape.ToArray(), values));
                writer.AddMetadata($"key {i}", $"\u0001 value \ud83d\ude00 {i}");
            }

            var bytes = Bytes(writer);
            Assert.Equal(bytes, Bytes(writer));
            using var file = SafetensorsFile.Open(bytes, "x");
            Assert.Equal(expected.Select(tensor => tensor.Name), file.Tensors.Keys);
            Assert.Equal(Enumerable.Range(0, expected.Count).Select(i => ($"key {i}", $"\u0001 value \ud83d\ude00 {i}")), file.Metadata.Select(pair => (pair.Key, pair.Value)));
            foreach (var (name, shape, values) in expected)
            {
                Assert.Equal(shape, file.Tensors[name].ToShape().ToArray());
                Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), file.Tensors[name].ToDoubles().Select(BitConverter.DoubleToInt64Bits));
            }
        });
        Check.One(Config.QuickThrowOnFailure, property);
    }

    [Fact]
    public void Data_lies_in_the_order_of_the_calls()
    {
        var writer = new SafetensorsWriter();
        writer.Add("flag", new Shape(1), [true]);
        writer.Add("float", new Shape(1), [1f]);
        writer.Add("double", new Shape(1), [2.0]);
        var text = Encoding.UTF8.GetString(Bytes(writer));
        Assert.Contains("\"double\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[5,13]}", text);
        Assert.Contains("\"float\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}", text);
        Assert.Contains("\"flag\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]}", text);
        using var file = SafetensorsFile.Open(Bytes(writer), "x");
        Assert.Equal(["flag", "float", "double"], file.Tensors.Keys);
    }

    [Fact]
    public void Names_are_taken_once_and_must_be_whole_texts()
    {
        var writer = new SafetensorsWriter();
        writer.Add("a", new Shape(1), [1.0]);
        writer.AddMetadata("a", "");
        Assert.Throws<ArgumentException>("name", () => writer.Add("a", new Shape(1), [1f]));
        Assert.Throws<ArgumentException>("name", () => writer.Add("__metadata__", new Shape(1), [1f]));
        Assert.Throws<ArgumentException>("name", () => writer.Add("\ud83d", new Shape(1), [1f]));
        Assert.Throws<ArgumentException>("name", () => writer.Add("\ude00\ud83d", new Shape(1), [1f]));
        Assert.Throws<ArgumentException>("values", () => writer.Add("b", new Shape(2), [1f]));
        Assert.Throws<ArgumentException>("key", () => writer.AddMetadata("a", "x"));
        Assert.Throws<ArgumentException>("value", () => writer.AddMetadata("b", "\ude00"));
    }

    private static byte[] Bytes(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }
}
