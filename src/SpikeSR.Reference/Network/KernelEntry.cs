namespace SpikeSR.Reference.Network;

/// <summary>One piece of code of the SIMD engine.</summary>
/// <param name="Primitive">The method of <see cref="Backend{T}"/> that it stands behind.</param>
/// <param name="Operator">Name of the operator.</param>
/// <param name="Direction">forward, backward, or a part of the backward pass.</param>
/// <param name="ScalarType">float or double.</param>
/// <param name="Code">Class and method.</param>
/// <param name="Lane">The lane type that it runs on here, as <see cref="Tensors.SimdDispatch.LaneName"/>.</param>
public sealed record KernelEntry(string Primitive, string Operator, string Direction, string ScalarType, string Code, string Lane);
