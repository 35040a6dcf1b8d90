using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace SpikeSR.Reference.Bench;

/// <summary>How BenchmarkDotNet runs here: in this process, which is built as the command is, with rates beside times.</summary>
internal static class BenchmarkSettings
{
    /// <summary>The settings.</summary>
    public static IConfig Create() => DefaultConfig.Instance
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(9))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumn(StatisticColumn.Median, new RateColumn(ofPeak: false), new RateColumn(ofPeak: true))
        .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "spikesr-benchmarks"));

    // GFLOP/s of the median, or its share of the best bare rate seen when the table is made.
    private sealed class RateColumn(bool ofPeak) : IColumn
    {
        private static readonly Dictionary<int, double> _peaks = [];

        public string Id => nameof(RateColumn) + ColumnName;

        public string ColumnName => ofPeak ? "Of peak" : "GFLOP/s";

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => ofPeak ? "Share of the bare rate of fused multiply-adds on as many threads" : "Thousand million operations a second, two a multiply-add";

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, SummaryStyle.Default);

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
        {
            if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
            {
                return "?";
            }

            var (name, threads) = ((string)benchmarkCase.Parameters[nameof(Benchmarks.Name)], (int)benchmarkCase.Parameters[nameof(Benchmarks.Threads)]);
            var benchmarks = (Benchmarks)Activator.CreateInstance(benchmarkCase.Descriptor.Type)!;
            var rate = benchmarks.Find(name).Gigaflop / (statistics.Median * 1e-9);
            return ofPeak
                ? (100 * rate / PeakOf(threads)).ToString("F0", CultureInfo.InvariantCulture) + " %"
                : rate.ToString("F1", CultureInfo.InvariantCulture);
        }

        private static double PeakOf(int threads)
        {
            if (!_peaks.TryGetValue(threads, out var peak))
            {
                _peaks[threads] = peak = Enumerable.Range(0, 100).Max(_ => Peak.Measure<float>(threads));
            }

            return peak;
        }
    }
}
