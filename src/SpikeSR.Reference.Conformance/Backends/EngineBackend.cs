using System.Diagnostics;
using SpikeSR.Reference.Conformance.Judging;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Serialization;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Conformance.Backends;

/// <summary>A backend inside this process: what implements <see cref="Backend{T}"/> answers through the case operators.</summary>
public sealed class EngineBackend : ICaseBackend
{
    private readonly Func<CaseFile, BackendAnswer> _evaluate;

    private EngineBackend(string name, string replay, Func<CaseFile, BackendAnswer> evaluate) => (Name, Replay, _evaluate) = (name, replay, evaluate);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Replay { get; }

    /// <summary>An engine of this library.</summary>
    /// <param name="settings">Engine, precision, threads.</param>
    public static EngineBackend Of(EvaluationSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var (engine, precision) = (settings.Engine.ToString().ToLowerInvariant(), settings.Precision.ToString().ToLowerInvariant());
        return new($"{engine} in {precision}", $"spikesr conform run --engine {engine} --precision {precision} --cases ID", settings.Precision == Precision.F32 ? question => Evaluate(question, settings.CreateBackend<F32>()) : question => Evaluate(question, settings.CreateBackend<F64>()));
    }

    /// <summary>Any backend of this process.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="create">Makes it, fresh for each case.</param>
    /// <param name="name">What reports call it.</param>
    public static EngineBackend Of<T>(Func<Backend<T>> create, string name)
        where T : unmanaged, IScalar<T>
    {
        ArgumentNullException.ThrowIfNull(create);
        return new(name, $"the test of case ID with {name}", question => Evaluate(question, create()));
    }

    /// <summary>The answer of a backend, with its decisions.</summary>
    internal static BackendAnswer Evaluate<T>(CaseFile question, Backend<T> backend)
        where T : unmanaged, IScalar<T>
    {
        var tap = new DecisionTap<T>(backend);
        var answer = CaseEvaluator.Evaluate(question, tap);
        var tensors = answer.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value, StringComparer.Ordinal);
        var plan = question.Operator.Decisions(question);

        // Neurons that run again for the backward pass come after those of the forward pass.
        for (var call = 0; !plan.SpikesAreOutput && call < plan.Spikes; call++)
        {
            var shape = plan.SpikeShape;
            var stored = ChannelOrder.ToFirst(TensorView<double>.Of(ChannelOrder.ToLast(shape), tap.Spikes[call]));
            tensors.Add($"{CaseTensorNames.Spike}{call}", new AnswerTensor(shape, stored.Span.ToArray()));
        }

        for (var call = 0; call < tap.Matches.Count; call++)
        {
            tensors.Add($"{CaseTensorNames.Match}{call}", new AnswerTensor(tap.MatchShapes[call], tap.Matches[call]));
        }

        return BackendAnswer.Of(tensors);
    }

    /// <inheritdoc/>
    public BackendReply Answer(string id, ReadOnlyMemory<byte> question, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            using var file = CaseFile.Open(question, id);
            return new BackendReply(ReplyKind.Answered, _evaluate(file), string.Empty, clock.Elapsed);
        }
        catch (MalformedFileException refusal)
        {
            return new BackendReply(ReplyKind.Refused, null, refusal.Message, clock.Elapsed);
        }
#pragma warning disable CA1031 // whatever a backend throws is its verdict
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return new BackendReply(ReplyKind.Crashed, null, $"{failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")}", clock.Elapsed);
        }
    }
}
