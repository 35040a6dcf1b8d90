using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Tests.Serialization;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr-").FullName;

    [Fact]
    public void A_file_is_written_beside_its_place_and_then_replaces_the_old_one()
    {
        var path = Path.Combine(_folder, "weights.bin");
        File.WriteAllText(path, "old");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            Assert.Equal("old", File.ReadAllText(path));
            var beside = Assert.Single(Directory.GetFiles(_folder), file => file != path);
            Assert.Matches(@"^\.weights\.bin\.tmp-[0-9a-f]{16}$", Path.GetFileName(beside));
        });
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_failure_leaves_the_old_file_and_nothing_else()
    {
        var path = Path.Combine(_folder, "weights.bin");
        File.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_folder_in_the_files_place_is_left_alone()
    {
        var path = Path.Combine(_folder, "taken");
        Directory.CreateDirectory(path);
        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream => stream.WriteByte(1)));
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(Path.Combine(_folder, "none", "file"), stream => stream.WriteByte(1)));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_name_as_long_as_names_may_be_can_be_written()
    {
        var path = Path.Combine(_folder, new string('n', 255));
        AtomicFile.Write(path, stream => stream.WriteByte(1));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_device_is_written_to_and_not_replaced()
    {
        if (File.Exists("/dev/null"))
        {
            AtomicFile.Write("/dev/null", stream => stream.WriteByte(1));
            Assert.Equal(0, new FileInfo("/dev/null").Length);
            Assert.Empty(File.ReadAllBytes("/dev/null"));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
