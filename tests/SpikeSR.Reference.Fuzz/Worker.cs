using System.Diagnostics;

namespace SpikeSR.Reference.Fuzz;

/// <summary>The child process: saves each input before it is decoded, then decodes it; ends at the first promise that is broken. Prints how many inputs were sound.</summary>
internal static class Worker
{
    public const int BrokenPromise = 10;
    private const long FreeBytes = 64L << 20;
    private const int BytesPerSample = 16;
    private const double SecondsPerCase = 2;
    private static long s_started;

    /// <summary>Decodes the cases from <paramref name="first"/> on.</summary>
    /// <param name="decoder">The format.</param>
    /// <param name="seed">Of the campaign.</param>
    /// <param name="first">Number of the first case.</param>
    /// <param name="count">Number of cases.</param>
    /// <param name="input">Where an input is kept while it is decoded: its case in 4 bytes, its length in 4, and itself.</param>
    public static int Run(Decoder decoder, ulong seed, int first, int count, string input)
    {
        using var file = new FileStream(input, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        new Thread(Watch) { IsBackground = true }.Start();
        var sound = 0;
        for (var number = first; number < first + count; number++)
        {
            var bytes = decoder.Damaged(new Random(HashCode(seed, number)));
            file.Position = 0;
            file.Write([.. BitConverter.GetBytes(number), .. BitConverter.GetBytes(bytes.Length), .. bytes]);
            Volatile.Write(ref s_started, ProcessorTime());
            var before = GC.GetAllocatedBytesForCurrentThread();
            long samples;
            bool isSound;
            try
            {
                (samples, isSound) = decoder.Decode(bytes);
            }
#pragma warning disable CA1031 // whatever it is, it is a finding
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Console.WriteLine(failure);
                return BrokenPromise;
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Volatile.Write(ref s_started, 0);
            sound += isSound ? 1 : 0;
            if (allocated > FreeBytes + (BytesPerSample * samples))
            {
                Console.WriteLine($"{allocated} bytes allocated for {samples} declared samples");
                return BrokenPromise;
            }
        }

        Console.WriteLine(sound);
        return 0;
    }

    // Random's seed: unlike HashCode.Combine, the same in every process.
    private static int HashCode(ulong seed, int number) => (int)((((seed * 0x9E3779B97F4A7C15) + (uint)number) * 0xBF58476D1CE4E5B9) >> 33);

    // Processor time, so that a machine that is busy with other things finds nothing.
    private static long ProcessorTime() => Process.GetCurrentProcess().TotalProcessorTime.Ticks;

    private static void Watch()
    {
        for (; ; Thread.Sleep(100))
        {
            var started = Volatile.Read(ref s_started);
            if (started != 0 && TimeSpan.FromTicks(ProcessorTime() - started).TotalSeconds > SecondsPerCase && Volatile.Read(ref s_started) == started)
            {
                Console.WriteLine($"more than {SecondsPerCase} s");
                Environment.Exit(BrokenPromise);
            }
        }
    }
}
