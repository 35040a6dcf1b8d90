using System.Numerics;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Network;

/// <summary>
/// The SIMD engine: kernels that equal the definitions byte for byte, on the widest lane that the machine works on directly
/// (<see cref="SimdDispatch"/>), with any number of threads.
/// </summary>
public static class SimdBackend
{
    /// <summary>Makes the engine for <see cref="F32"/> or <see cref="F64"/>.</summary>
    /// <typeparam name="T">Scalar.</typeparam>
    /// <param name="workspace">Where temporary tensors are rented.</param>
    /// <param name="threads">Threads over outputs.</param>
    /// <exception cref="ArgumentException">The scalar is neither <see cref="F32"/> nor <see cref="F64"/>: only they have machine instructions.</exception>
    public static Backend<T> Create<T>(Workspace workspace, Parallelism threads)
        where T : unmanaged, IScalar<T>
    {
        if (typeof(T) == typeof(F32))
        {
            return SimdDispatch.Choose<float, Backend<T>, Choice<T, float>>(new Choice<T, float>(workspace, threads));
        }

        return typeof(T) == typeof(F64)
            ? SimdDispatch.Choose<double, Backend<T>, Choice<T, double>>(new Choice<T, double>(workspace, threads))
            : throw new ArgumentException($"the SIMD engine computes in F32 and F64, not in {typeof(T).Name}", nameof(T));
    }

    private readonly struct Choice<TScalar, T>(Workspace workspace, Parallelism threads) : ILaneChoice<T, Backend<TScalar>>
        where TScalar : unmanaged, IScalar<TScalar>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public Backend<TScalar> For<TLane>()
            where TLane : unmanaged, ILane<TLane, T> => new SimdBackend<TScalar, TLane, T>(workspace, threads);
    }
}
