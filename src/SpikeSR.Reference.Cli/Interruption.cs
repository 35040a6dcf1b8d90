using System.Diagnostics;
using System.Runtime.InteropServices;
using SpikeSR.Reference.Serialization;

namespace SpikeSR.Reference.Cli;

/// <summary>
/// What Ctrl-C, SIGTERM and a closed terminal (SIGHUP) do to a verb. One that takes a cancellation is asked to stop and gets the time to save what it has; any other ends at once, and so does one
/// that is told a second time. Nothing half written is left in either case.
/// </summary>
internal sealed class Interruption : IDisposable
{
    // Some senders, timeout(1) for one, tell both a process and its group, so that one request comes twice.
    private static readonly TimeSpan Echo = TimeSpan.FromSeconds(1);
    private readonly bool _isCancellable;
    private readonly Lock _turn = new();
    private readonly Stopwatch _sinceFirst = new();
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _hangUp;

    /// <param name="isCancellable">Whether the verb takes a cancellation.</param>
    public Interruption(bool isCancellable)
    {
        _isCancellable = isCancellable;
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Take);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take);
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Take);
    }

    /// <summary>Asks the verb to stop.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        // Once told to stop, the process ends with the verb's own status: another request, on its way still, must not find the runtime's answer (143) instead.
        if (_sinceFirst.IsRunning)
        {
            return;
        }

        _interrupt.Dispose();
        _terminate.Dispose();
        _hangUp.Dispose();
        _source.Dispose();
    }

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_turn)
        {
            var isFirst = !_sinceFirst.IsRunning;
            _sinceFirst.Start();
            if (!_isCancellable || (!isFirst && _sinceFirst.Elapsed > Echo))
            {
                AtomicFile.AbandonAll();
                Environment.Exit(ExitCode.Interrupted);
            }
            else if (isFirst)
            {
                _source.Cancel();
            }
        }
    }
}
