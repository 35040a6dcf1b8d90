using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Tests.Serialization;

public class Crc32Tests
{
    [Fact]
    public void The_check_value_of_the_standard_comes_out_in_one_piece_and_in_two()
    {
        Assert.Equal(0xCBF43926, Crc32.Of("123456789"u8));
        Assert.Equal(0xCBF43926, Crc32.Of("6789"u8, Crc32.Of("12345"u8)));
        Assert.Equal(0u, Crc32.Of([]));
    }
}
