using System.Diagnostics;
using SpikeSR.Reference.Conformance.Backends;

namespace SpikeSR.Reference.Conformance.Tests.Kit;

/// <summary>What lies in a folder of answers is never waited for, nor read without end.</summary>
public sealed class AnswerFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spikesr-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_pipe_or_a_device_is_no_answer()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using (var maker = Process.Start("mkfifo", [Path.Combine(_folder, "pipe.safetensors")]))
        {
            maker.WaitForExit();
        }

        File.CreateSymbolicLink(Path.Combine(_folder, "device.safetensors"), "/dev/zero");
        File.WriteAllBytes(Path.Combine(_folder, "empty.safetensors"), []);
        Assert.All(["pipe", "device", "empty"], id => Assert.Equal(ReplyKind.Unreadable, Answer(id).Kind));
    }

    [Fact]
    public void A_refusal_beside_an_answer_is_neither()
    {
        File.WriteAllText(Path.Combine(_folder, "both.refused"), string.Empty);
        Assert.Equal(ReplyKind.Refused, Answer("both").Kind);
        File.WriteAllText(Path.Combine(_folder, "both.safetensors"), "no answer either");
        Assert.Equal((ReplyKind.Crashed, "refused, and yet an answer"), (Answer("both").Kind, Answer("both").Message));
    }

    private BackendReply Answer(string id) => new AnswerFolder(_folder, 1 << 20).Answer(id, default);
}
