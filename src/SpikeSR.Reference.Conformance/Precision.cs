namespace SpikeSR.Reference.Conformance;

/// <summary>The scalar that a case is evaluated in, and the element type of its answer file.</summary>
public enum Precision
{
    /// <summary>IEEE 754 binary64: the oracle.</summary>
    F64,

    /// <summary>IEEE 754 binary32: what fast backends compute in.</summary>
    F32,
}
