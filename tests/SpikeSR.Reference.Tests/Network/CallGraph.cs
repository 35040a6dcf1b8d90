using System.Reflection;
using System.Reflection.Emit;

namespace SpikeSR.Reference.Tests.Network;

/// <summary>What a method's instructions name: the methods that it calls or makes delegates of, and the types that it hands on as type arguments.</summary>
internal static class CallGraph
{
    private static readonly Dictionary<int, OpCode> _opCodes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>All methods of an assembly that can be reached from some of its methods; generic ones as their definitions.</summary>
    public static HashSet<MethodBase> Reach(IEnumerable<MethodBase> from, Assembly within)
    {
        var reached = new HashSet<MethodBase>();
        var open = new Stack<MethodBase>(from.Select(Definition));
        while (open.TryPop(out var method))
        {
            if (method.Module.Assembly != within || !reached.Add(method))
            {
                continue;
            }

            foreach (var named in Named(method))
            {
                open.Push(Definition(named));

                // A generic method calls what its type arguments implement: kernels and terms are such types.
                foreach (var type in TypeArguments(named).Where(type => type.Assembly == within && !type.IsGenericParameter))
                {
                    foreach (var implementation in Generic(type).GetMethods(Everything))
                    {
                        open.Push(implementation);
                    }
                }
            }
        }

        return reached;
    }

    /// <summary>The methods that a method's instructions name.</summary>
    public static IEnumerable<MethodBase> Named(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code)
        {
            yield break;
        }

        var typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xFE ? 0xFE00 | code[at + 1] : code[at];
            var opCode = _opCodes[value];
            at += opCode.Size;
            if (opCode.OperandType == OperandType.InlineMethod)
            {
                yield return method.Module.ResolveMethod(BitConverter.ToInt32(code, at), typeArguments, methodArguments)!;
            }

            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    /// <summary>The method as it is written, without type arguments.</summary>
    public static MethodBase Definition(MethodBase method)
    {
        var type = Generic(method.DeclaringType!);
        return type.GetMembers(Everything).OfType<MethodBase>().FirstOrDefault(candidate => candidate.MetadataToken == method.MetadataToken) ?? method;
    }

    private static Type Generic(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static IEnumerable<Type> TypeArguments(MethodBase method)
    {
        IEnumerable<Type> arguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : [];
        return method.IsGenericMethod ? arguments.Concat(method.GetGenericArguments()) : arguments;
    }
}
