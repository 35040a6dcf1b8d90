using System.Diagnostics;

namespace SpikeSR.Reference.Bench;

/// <summary>
/// One kernel against the peak of the same moment. Clock and neighbours change a machine's speed by the second, so every run stands between
/// two measurements of the peak, and counts only where both are near the best peak seen.
/// </summary>
internal sealed class Measurement(string name, double gigaflop, Action<int> run)
{
    private const int Wanted = 9;
    private const int Attempts = 400;
    private static readonly Dictionary<int, double> _best = [];

    /// <summary>Work of one run, two operations a multiply-add.</summary>
    public double Gigaflop => gigaflop;

    /// <summary>One run on that many threads.</summary>
    public void Run(int threads) => run(threads);

    /// <summary>Runs the kernel on that many threads and prints the median of its rate, as GFLOP/s and as a share of the peak.</summary>
    public void Print(int threads)
    {
        run(threads);
        run(threads);
        var samples = new List<(double Share, double Rate)>();
        var attempts = 0;
        var before = PeakOf(threads);
        while (samples.Count < Wanted && attempts++ < Attempts)
        {
            var started = Stopwatch.GetTimestamp();
            run(threads);
            var rate = gigaflop / Stopwatch.GetElapsedTime(started).TotalSeconds;
            var after = PeakOf(threads);
            if (Math.Min(before, after) > 0.96 * _best[threads])
            {
                samples.Add((rate / ((before + after) / 2), rate));
            }

            before = after;
        }

        samples.Sort();
        Console.WriteLine(samples.Count == 0
            ? $"{name,-34} {threads} threads   (the machine was never quiet)"
            : $"{name,-34} {threads} threads {samples[samples.Count / 2].Rate,7:F1} GFLOP/s {100 * samples[samples.Count / 2].Share,6:F1} % of peak"
                + $"   [{100 * samples[0].Share:F1} to {100 * samples[^1].Share:F1}], {samples.Count} of {attempts} runs");
    }

    /// <summary>GFLOP/s: the median over a quarter of a second, or of one run where it is longer.</summary>
    public double Rate(int threads)
    {
        var rates = new List<double>();
        var began = Stopwatch.GetTimestamp();
        while (rates.Count == 0 || Stopwatch.GetElapsedTime(began).TotalSeconds < 0.25)
        {
            var started = Stopwatch.GetTimestamp();
            run(threads);
            rates.Add(gigaflop / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        rates.Sort();
        return rates[rates.Count / 2];
    }

    private static double PeakOf(int threads)
    {
        var peak = Peak.Measure<float>(threads);
        _best[threads] = Math.Max(peak, _best.GetValueOrDefault(threads));
        return peak;
    }
}
