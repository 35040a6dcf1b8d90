using System.Reflection;

namespace SpikeSR.Reference.Tensors;

public class SimdDispatchTests
{
    [Fact]
    public void The_running_process_itself_chooses_the_lane_and_all_other_code_can_be_compiled_before_it()
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

        // The attribute AggressiveOptimization keeps a method from being compiled ahead of time.
        var left = from type in typeof(SimdDispatch).Assembly.GetTypes()
                   from method in type.GetMethods(All)
                   where method.MethodImplementationFlags.HasFlag(MethodImplAttributes.AggressiveOptimization)
                   select $"{type.Name}.{method.Name}";

        Assert.Equal(["SimdDispatch.Widest"], left);
    }
}
