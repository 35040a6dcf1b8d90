using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// One forward pass that a backward pass will follow: the mode, the noise, and the scope that keeps what the backward pass needs until the step ends.
/// </summary>
/// <typeparam name="T">Scalar.</typeparam>
/// <param name="backend">What computes.</param>
/// <param name="train">Whether TDBN and Match are in training mode.</param>
/// <param name="keep">Keeps saved tensors; dispose it after the backward pass.</param>
/// <param name="noise">Gumbel noise, in training.</param>
public sealed class ForwardPass<T>(Backend<T> backend, bool train, Workspace.Scope keep, IGumbelNoise<T>? noise = null)
    where T : unmanaged, IScalar<T>
{
    /// <summary>What computes.</summary>
    public Backend<T> Backend { get; } = backend;

    /// <summary>Whether TDBN and Match are in training mode.</summary>
    public bool Train { get; } = train;

    /// <summary>Keeps saved tensors until the step ends.</summary>
    public Workspace.Scope Keep { get; } = keep;

    /// <summary>The noise of the next Match: [images, n, n], images = T B in the order of time steps; absent in evaluation.</summary>
    /// <param name="images">T B.</param>
    /// <param name="patches">n.</param>
    /// <exception cref="InvalidOperationException">Training without noise.</exception>
    internal TensorView<T> NextNoise(int images, int patches)
    {
        if (!Train)
        {
            return default;
        }

        var source = noise ?? throw new InvalidOperationException("training needs Gumbel noise");
        var tensor = Keep.Rent<T>(images, patches, patches);
        source.Fill(tensor);
        return tensor;
    }
}

/// <summary>Where Match's Gumbel noise comes from. Calls come in the order of the forward pass: group, block.</summary>
/// <typeparam name="T">Scalar.</typeparam>
public interface IGumbelNoise<T>
    where T : unmanaged
{
    /// <summary>Fills the noise of one block, all time steps of it.</summary>
    /// <param name="noise">[T B, n, n], time step outermost.</param>
    void Fill(TensorView<T> noise);
}
