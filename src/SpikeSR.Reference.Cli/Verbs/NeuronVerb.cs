using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using SpikeSR.Reference.Neurons;
using SpikeSR.Reference.Tensors;
using static System.FormattableString;

namespace SpikeSR.Reference.Cli.Verbs;

/// <summary><c>spikesr neuron</c>: one neuron, step by step, as <see cref="Neuron"/> defines it, in double precision.</summary>
internal static class NeuronVerb
{
    private const int LeastSteps = 12;
    private const int PlotWidth = 40;

    // --reset soft: a parser cannot give null for no V_reset.
    private const double Soft = double.NaN;

    private static readonly Option<double[]> Input = new("--input", "-i")
    {
        Description = "Input current X of each step, with commas between; repeated until there are --steps.",
        HelpName = "X,X,...",
        DefaultValueFactory = _ => [0.1],
        CustomParser = ParseInput,
    };

    private static readonly Option<int> Steps = Options.Integer("--steps", "Steps; 0: as many as inputs, and 12 at least.", 0, 100_000, 0);
    private static readonly Option<string> Kind = Options.Choice("--kind", "How it charges.", ["lif", "plif", "if"]);
    private static readonly Option<double> Threshold = new("--threshold") { Description = "V_th.", HelpName = "V", DefaultValueFactory = _ => NeuronSettings.SpikeSr.Threshold };
    private static readonly Option<double> Tau = new("--tau") { Description = "Time constant of lif in steps, above 1.", HelpName = "STEPS", DefaultValueFactory = _ => NeuronSettings.SpikeSr.Tau };
    private static readonly Option<double> Rate = new("--w") { Description = "Parameter of plif: sigmoid(w) stands for 1/tau.", HelpName = "W", DefaultValueFactory = _ => 0 };
    private static readonly Option<double> Reset = new("--reset")
    {
        Description = "V_reset, where a spike leaves the membrane; soft: a spike takes V_th off it.",
        HelpName = "V|soft",
        DefaultValueFactory = _ => 0,
        CustomParser = ParseReset,
    };

    private static readonly Option<bool> DecayInput = new("--decay-input") { Description = "The input decays with the membrane." };

    /// <summary>Makes the verb.</summary>
    public static Command Create()
    {
        var verb = new Command(
            "neuron",
            """
            Show a neuron charge, fire and reset, step by step; without options the neuron of SpikeSR under a constant input.

            Example: spikesr neuron --input 0.1,0.1,0,0,0.3 --reset soft
            """)
        {
            Input, Steps, Kind, Threshold, Tau, Rate, Reset, DecayInput,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        CheckKind(parsed);
        var (input, steps) = (parsed.GetRequiredValue(Input), parsed.GetValue(Steps));
        var settings = NeuronSettings.SpikeSr with
        {
            Kind = parsed.GetValue(Kind) switch { "plif" => NeuronKind.ParametricLeaky, "if" => NeuronKind.IntegrateAndFire, _ => NeuronKind.Leaky },
            Threshold = parsed.GetValue(Threshold),
            Tau = parsed.GetValue(Tau),
            Reset = double.IsNaN(parsed.GetValue(Reset)) ? null : parsed.GetValue(Reset),
            DecayInput = parsed.GetValue(DecayInput),
        };
        var rate = settings.Kind == NeuronKind.ParametricLeaky ? Of(parsed.GetValue(Rate)) : default;
        var history = Follow(settings, rate, input, steps > 0 ? steps : Math.Max(LeastSteps, input.Length));
        Describe(settings, parsed.GetValue(Rate));
        Print(settings, history);
        return ExitCode.Done;
    }

    // What the kind does not have is not passed over in silence.
    private static void CheckKind(ParseResult parsed)
    {
        var kind = parsed.GetRequiredValue(Kind);
        foreach (var (option, kinds) in new (Option Option, string[] Kinds)[] { (Tau, ["lif"]), (Rate, ["plif"]), (DecayInput, ["lif", "plif"]) })
        {
            if (Options.IsGiven(parsed, option) && !kinds.Contains(kind))
            {
                throw new ArgumentException($"{option.Name} is for --kind {string.Join(" or ", kinds)}, not for {kind}");
            }
        }
    }

    // The same neuron with a threshold out of reach shows H: what does not fire keeps what it is charged with.
    private static List<Step> Follow(NeuronSettings settings, TensorView<F64> rate, double[] input, int steps)
    {
        var history = new List<Step>();
        var silent = settings with { Threshold = double.MaxValue };
        var (membrane, charged, spike) = (Of(settings.Reset ?? 0), Of(0), Of(0).Reshape(1, 1));
        for (var t = 0; t < steps; t++)
        {
            var x = Of(input[t % input.Length]).Reshape(1, 1);
            membrane.CopyTo(charged);
            Neuron.Forward(silent, rate, x, charged, spike, default, Parallelism.Single);
            Neuron.Forward(settings, rate, x, membrane, spike, default, Parallelism.Single);
            var h = charged.Span[0];
            var gradient = settings.Surrogate.Derivative(h - F64.FromDouble(settings.Threshold));
            history.Add(new(F64.ToDouble(x.Span[0]), F64.ToDouble(h), F64.ToDouble(spike.Span[0]) > 0, F64.ToDouble(membrane.Span[0]), F64.ToDouble(gradient)));
        }

        return history;
    }

    private static void Describe(NeuronSettings settings, double rate)
    {
        var (name, leak, constant) = settings.Kind switch
        {
            NeuronKind.IntegrateAndFire => ("IF", string.Empty, string.Empty),
            NeuronKind.ParametricLeaky => ("PLIF", " sigmoid(w)", Invariant($", w = {rate}")),
            _ => ("LIF", " / tau", Invariant($", tau = {settings.Tau}")),
        };
        var floor = settings.Reset is null ? "V" : "(V - V_reset)";
        var charge = settings.Kind == NeuronKind.IntegrateAndFire ? "V + X" : settings.DecayInput ? $"V + (X - {floor}){leak}" : $"V - {floor}{leak} + X";
        Console.WriteLine(Invariant($"{name}, V_th = {settings.Threshold}, {(settings.Reset is { } reset ? Invariant($"V_reset = {reset}") : "soft reset")}{constant}"));
        Console.WriteLine($"charge   H = {charge}, V of the step before");
        Console.WriteLine("fire     S = 1 if H - V_th >= 0 else 0");
        Console.WriteLine($"reset    V = {(settings.Reset is null ? "H - S V_th" : "(1 - S) H + S V_reset")}");
        Console.WriteLine(Invariant($"backward dS/dH = sg, the {settings.Surrogate.Kind.ToString().ToLowerInvariant()} surrogate of alpha {settings.Surrogate.Alpha} at H - V_th"));
        Console.WriteLine();
    }

    private static void Print(NeuronSettings settings, List<Step> history)
    {
        var (rest, threshold) = (settings.Reset ?? 0, settings.Threshold);
        var (low, high) = (Math.Min(rest, threshold), Math.Max(rest, threshold));
        foreach (var step in history)
        {
            (low, high) = (Math.Min(low, step.H), Math.Max(high, step.H));
        }

        Console.WriteLine(Invariant($"{"t",6} {"X",10} {"H",10} {"S",2} {"V",10} {"sg",8}  H from {(settings.Reset is null ? "0" : "V_reset")}; | V_th"));
        for (var t = 0; t < history.Count; t++)
        {
            var step = history[t];
            Console.WriteLine(Invariant($"{t,6} {step.X,10:0.######} {step.H,10:0.######} {(step.Fires ? "1" : "."),2} {step.V,10:0.######} {step.Gradient,8:0.####}  {Plot(step)}"));
        }

        var spikes = history.Count(step => step.Fires);
        Console.WriteLine(Invariant($"\n{spikes} spikes in {history.Count} steps: {100.0 * spikes / history.Count:0.#} %"));

        // A bar from the membrane's rest to H.
        string Plot(Step step)
        {
            var (from, to, mark) = (Column(rest), Column(step.H), Column(threshold));
            var line = new StringBuilder();
            for (var column = 0; column <= PlotWidth; column++)
            {
                line.Append(column == mark ? '|' : column >= Math.Min(from, to) && column < Math.Max(from, to) ? '=' : ' ');
            }

            return (line + (step.Fires ? " spike" : string.Empty)).TrimEnd();
        }

        int Column(double value) => high > low ? (int)Math.Round((value - low) / (high - low) * PlotWidth) : 0;
    }

    private static double[] ParseInput(ArgumentResult result)
    {
        var numbers = new List<double>();
        foreach (var part in Options.Text(result, ',').Split(',', StringSplitOptions.TrimEntries))
        {
            if (!IsNumber(part, out var number))
            {
                return Options.Refuse<double[]>(result, "--input", "numbers with commas between, such as 0.1,0,0.3", ',') ?? [];
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static double ParseReset(ArgumentResult result)
    {
        var text = Options.Text(result);
        return string.Equals(text, "soft", StringComparison.OrdinalIgnoreCase) ? Soft
            : IsNumber(text, out var number) ? number
            : Options.Refuse<double>(result, "--reset", "a number or soft");
    }

    private static bool IsNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static TensorView<F64> Of(double value) => TensorView<F64>.Of(new Shape(1), [F64.FromDouble(value)]);

    // A step: input, charged membrane, whether it fired, membrane after reset, surrogate gradient at H - V_th.
    private readonly record struct Step(double X, double H, bool Fires, double V, double Gradient);
}
