namespace SpikeSR.Reference.Tensors;

/// <summary>
/// R(a) = exp(a^2/2) Phi(-a) in double precision, to about 1e-14 of its value: the judge of <see cref="ExactMath"/>'s floats, made without any fitted
/// polynomial. R' = a R - 1/sqrt(2 pi) gives R's Taylor series about any point from R there; a continued fraction gives R far out; steps of 1/16
/// towards 0, the direction in which errors of that equation die away, give a table, and R(0) = 1/2 at its end is a check.
/// </summary>
internal static class NormalTail
{
    private const int StepsPerUnit = 16;
    private const int End = 16;
    private const int Degree = 8;
    private static readonly double[] Table = MakeTable();

    private static double InverseSqrt2Pi => 1 / Math.Sqrt(2 * Math.PI);

    /// <summary>R(a) for 0 &lt;= a &lt;= 16.</summary>
    public static double Scaled(double a)
    {
        var nearest = (int)((a * StepsPerUnit) + 0.5);
        return Sum(Table.AsSpan(nearest * (Degree + 1), Degree + 1), a - (nearest / (double)StepsPerUnit));
    }

    /// <summary>erf(x): the Maclaurin series near 0, where 1 - erfc would lose its digits, else 1 - 2 Phi(-|x| sqrt 2).</summary>
    public static double Erf(double x)
    {
        var magnitude = Math.Abs(x);
        var square = x * x;
        if (magnitude < 1.0 / 32)
        {
            // 1 - y/3 + y^2/10 - y^3/42 + y^4/216, the next term below 1e-18.
            return 2 / Math.Sqrt(Math.PI) * x * (1 - (square * ((1 / 3.0) - (square * ((1 / 10.0) - (square * ((1 / 42.0) - (square / 216))))))));
        }

        return magnitude > 8 ? Math.Sign(x) : Math.CopySign(1 - (2 * Math.Exp(-square) * Scaled(magnitude * Math.Sqrt(2))), x);
    }

    /// <summary>x Phi(x), for an x whose square is exact, as that of any <see cref="float"/> is.</summary>
    public static double Gelu(double x)
    {
        var a = Math.Abs(x);
        var tail = a > End ? 0 : Math.Exp(-x * x / 2) * Scaled(a);
        return x < 0 ? x * tail : x - (x * tail);
    }

    /// <summary>Phi(x) + x phi(x), likewise.</summary>
    public static double GeluDerivative(double x)
    {
        var a = Math.Abs(x);
        var d = a > End ? 0 : Math.Exp(-x * x / 2) * (Scaled(a) - (a * InverseSqrt2Pi));
        return x < 0 ? d : 1 - d;
    }

    private static double[] MakeTable()
    {
        var table = new double[((End * StepsPerUnit) + 1) * (Degree + 1)];
        Span<double> series = stackalloc double[2 * Degree];

        // Laplace's continued fraction R(a) = 1/sqrt(2 pi) / (a + 1 / (a + 2 / (a + 3 / ...))).
        double fraction = End;
        for (var i = 60; i > 0; i--)
        {
            fraction = End + (i / fraction);
        }

        var value = InverseSqrt2Pi / fraction;
        for (var step = End * StepsPerUnit; step >= 0; step--)
        {
            var a = step / (double)StepsPerUnit;
            series[0] = value;
            series[1] = (a * value) - InverseSqrt2Pi;
            for (var n = 1; n < series.Length - 1; n++)
            {
                series[n + 1] = ((a * series[n]) + series[n - 1]) / (n + 1);
            }

            series[..(Degree + 1)].CopyTo(table.AsSpan(step * (Degree + 1)));
            value = Sum(series, -1.0 / StepsPerUnit);
        }

        return table;
    }

    private static double Sum(ReadOnlySpan<double> series, double step)
    {
        var sum = 0.0;
        for (var n = series.Length - 1; n >= 0; n--)
        {
            sum = Math.FusedMultiplyAdd(sum, step, series[n]);
        }

        return sum;
    }
}
