using SpikeSR.Reference.Network;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Operators;

/// <summary>A small whole network: the composites that the engine fuses, and every primitive at the sizes that the network gives it.</summary>
public sealed class NetworkScenarioTests
{
    [Fact]
    public void The_network_is_the_definitions_in_evaluation_and_training_forward_and_backward() => PrimitiveScenario.Check(new NetworkScenario(), 3);

    private sealed class NetworkScenario : PrimitiveScenario
    {
        internal override void Run<T>(Backend<T> backend, Draw<T> draw)
        {
            var configuration = new SpikeSrConfiguration
            {
                Steps = draw.Size(1, 3), Channels = 16, Groups = 1, Blocks = 2, PatchSizes = [draw.Size(4, 6)], QueryDepth = draw.Size(3, 9), Hidden = draw.Size(5, 20), Scale = 2, Published = draw.Flag(),
            };
            var network = new SpikeSr<T>(configuration);
            foreach (var parameter in network.StateDict.Entries)
            {
                var values = parameter.IsBuffer ? draw.Positive(parameter.Shape.ToArray()).Value : draw.Moderate(parameter.Shape.ToArray());
                values.CopyTo(parameter.Value);
            }

            var (batch, height, width) = (draw.Size(1, 2), draw.Size(6, 9), draw.Size(6, 9));
            var (x, y) = (draw.Moderate(batch, height, width, 3), draw.Unwritten(batch, 2 * height, 2 * width, 3));
            network.Evaluate(backend, x, y);
            draw.Result("y", y);
            using var keep = backend.Workspace.OpenScope();
            var pass = new ForwardPass<T>(backend, train: true, keep, new Noise<T>(draw));
            var saved = network.Forward(pass, x, y);
            draw.Result("y in training", y);
            var gradX = draw.Unwritten(batch, height, width, 3);
            network.Backward(backend, saved, draw.Moderate(batch, 2 * height, 2 * width, 3), gradX);
            draw.Result("gradX", gradX);
            foreach (var parameter in network.StateDict.Entries)
            {
                draw.Result(parameter.Name, parameter.IsBuffer ? parameter.Value : parameter.Gradient);
            }
        }

        private sealed class Noise<T>(Draw<T> draw) : IGumbelNoise<T>
            where T : unmanaged, IScalar<T>
        {
            public void Fill(TensorView<T> noise) => draw.Moderate(noise.Shape.ToArray()).CopyTo(noise);
        }
    }
}
