using System.Reflection;
using SpikeSR.Reference.Network;
using SpikeSR.Reference.Operators;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Tests.Network;

public sealed class SimdBackendTests
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
    private static readonly Assembly _library = typeof(Backend<>).Assembly;
    private static readonly Type _engine = typeof(SimdBackend<,,>);

    public static TheoryData<string> Primitives => [.. typeof(Backend<>).GetMethods(Own).Where(IsPrimitive).Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Primitives))]
    public void A_primitive_never_reaches_a_definition(string primitive)
    {
        var reached = CallGraph.Reach([Override(_engine, primitive)], _library);
        var definitions = Definitions();
        Assert.Empty(reached.Where(definitions.Contains).Select(method => $"{method.DeclaringType!.Name}.{method.Name}"));
        Assert.Empty(reached.Where(ComputesInScalars).Select(method => $"{method.DeclaringType!.Name}.{method.Name}"));
    }

    [Fact]
    public void The_definition_backend_does_reach_definitions()
    {
        // The same search finds what it looks for where it is.
        var reached = CallGraph.Reach([Override(typeof(DefinitionBackend<>), "LayerNorm")], _library);
        Assert.Contains(reached, ComputesInScalars);
        Assert.Contains(typeof(LayerNorm).GetMethod(nameof(LayerNorm.Forward))!, Definitions());
    }

    [Theory]
    [MemberData(nameof(Primitives))]
    public void The_catalogue_names_the_code_that_a_primitive_calls(string primitive)
    {
        var called = CallGraph.Named(Override(_engine, primitive)).Concat(CallGraph.Named(_engine.GetMethod("AddBiasGradient", BindingFlags.NonPublic | BindingFlags.Instance)!))
            .Where(method => method.DeclaringType!.Name.EndsWith("Kernel", StringComparison.Ordinal))
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
            .ToHashSet();
        var entries = KernelCatalogue.Entries.Where(entry => entry.Primitive == primitive).ToList();
        Assert.Equal(["float", "double"], entries.Select(entry => entry.ScalarType).Distinct());
        Assert.All(entries, entry => Assert.Contains(entry.Code, called));
        var direct = CallGraph.Named(Override(_engine, primitive)).Count(method => method.DeclaringType!.Name.EndsWith("Kernel", StringComparison.Ordinal));
        Assert.True(entries.Count >= 2 * direct, $"{primitive} calls {direct} kernels, the catalogue lists {entries.Count / 2}");
    }

    [Fact]
    public void The_catalogue_names_the_lane_that_the_machine_runs()
    {
        Assert.All(KernelCatalogue.Entries, entry => Assert.Equal(SimdDispatch.LaneName, entry.Lane));
        Assert.Equal(KernelCatalogue.Entries.Count, KernelCatalogue.Entries.Distinct().Count());
    }

    [Fact]
    public void The_engine_is_made_for_float_and_double_alone()
    {
        Assert.Equal("simd", SimdBackend.Create<F32>(new Workspace(), Parallelism.Single).Name);
        Assert.Equal("simd", SimdBackend.Create<F64>(new Workspace(), Parallelism.Single).Name);
        var refusal = Assert.Throws<ArgumentException>(() => SimdBackend.Create<Dual>(new Workspace(), Parallelism.Single));
        Assert.Contains("Dual", refusal.Message, StringComparison.Ordinal);
    }

    private static bool IsPrimitive(MethodInfo method) => method.IsAbstract && !method.IsSpecialName;

    private static MethodInfo Override(Type backend, string primitive) => backend.GetMethod(primitive, Own)!;

    // What the definition backend's primitives call, besides properties and checks.
    // Checks of arguments are both engines'.
    private static HashSet<MethodBase> Definitions() =>
        [.. typeof(DefinitionBackend<>).GetMethods(Own)
            .Where(method => !method.IsSpecialName)
            .SelectMany(CallGraph.Named)
            .Where(method => method.Name != "Check")
            .Where(method => method.DeclaringType is { IsAbstract: true, IsSealed: true } && method.DeclaringType.Assembly == _library)
            .Select(CallGraph.Definition)];

    // A method over a generic scalar of its own is a definition's arithmetic; the backends themselves are generic over one as classes.
    private static bool ComputesInScalars(MethodBase method) =>
        method.IsGenericMethod && method.GetGenericArguments().Any(
            argument => argument.GetGenericParameterConstraints().Any(constraint => constraint.IsGenericType && constraint.GetGenericTypeDefinition() == typeof(IScalar<>)));
}
