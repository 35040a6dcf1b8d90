namespace SpikeSR.Reference.Conformance;

/// <summary>Which backend evaluates a case.</summary>
public enum EngineKind
{
    /// <summary>The definitions, <see cref="Network.DefinitionBackend{T}"/>.</summary>
    Definition,

    /// <summary>The SIMD engine, whose every byte is the definition's.</summary>
    Simd,
}
