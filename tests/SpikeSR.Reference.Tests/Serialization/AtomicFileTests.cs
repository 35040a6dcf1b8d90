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
    public void A_file_that_appears_meanwhile_stays_where_none_is_to_be_replaced()
    {
        var path = Path.Combine(_folder, "weights.bin");
        var failure = Assert.ThrowsAny<IOException>(() => AtomicFile.Write(path, _ => File.WriteAllText(path, "precious"), replace: false));
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".tmp-", failure.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
        AtomicFile.Write(Path.Combine(_folder, "other.bin"), stream => stream.Write("new"u8), replace: false);
        Assert.Equal("new", File.ReadAllText(Path.Combine(_folder, "other.bin")));
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
        var missing = Path.Combine(_folder, "none", "file");
        Assert.Contains($"'{missing}'", Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(missing, stream => stream.WriteByte(1))).Message, StringComparison.Ordinal);
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

    [Fact]
    public void Remains_of_a_dead_writer_are_removed_and_nothing_else()
    {
        string[] others = [".weights.bin.tmp-0123", ".weights.bin.tmp-0123456789ABCDEF", ".other.bin.tmp-0123456789abcdef", "weights.bin.tmp-0123456789abcdef", "x.weights.bin.tmp-0123456789abcdef"];
        foreach (var name in others.Append(".weights.bin.tmp-0123456789abcdef").Append(".weights.bin.tmp-fedcba9876543210"))
        {
            File.WriteAllText(Path.Combine(_folder, name), "half");
        }

        AtomicFile.RemoveRemains([Path.Combine(_folder, "weights.bin"), Path.Combine(_folder, "none", "weights.bin")]);
        Assert.Equal(others.Order(StringComparer.Ordinal), Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    // What a killed process leaves has such a name; a file system that takes no half characters would never give it back.
    [Fact]
    public void A_long_name_is_not_cut_within_a_character()
    {
        var path = Path.Combine(_folder, new string('a', 39) + "\U0001F389.png");
        AtomicFile.Write(path, _ => Assert.DoesNotContain(Directory.GetFiles(_folder), name => name.Contains('\uFFFD', StringComparison.Ordinal)));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public void What_is_still_being_written_is_no_remains()
    {
        var path = Path.Combine(_folder, "weights.bin");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            AtomicFile.RemoveRemains([path]);
            Assert.Single(Directory.GetFiles(_folder));
        });
        Assert.Equal("new", File.ReadAllText(path));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
