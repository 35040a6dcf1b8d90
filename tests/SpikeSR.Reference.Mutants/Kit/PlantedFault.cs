namespace SpikeSR.Reference.Mutants.Kit;

/// <summary>A fault that is planted in the text of a foreign example, which is right.</summary>
/// <param name="Example">c, python or javascript.</param>
/// <param name="Mistake">What is wrong then.</param>
/// <param name="Right">A text that stands in the example once.</param>
/// <param name="Wrong">What takes its place.</param>
internal sealed record PlantedFault(string Example, string Mistake, string Right, string Wrong)
{
    /// <summary>The faults.</summary>
    public static IReadOnlyList<PlantedFault> All { get; } =
    [
        new("c", "H on the threshold does not fire", "h[at] >= threshold", "h[at] > threshold"),
        new("c", "the membrane leaks to 0, not to V_reset", "v - (v - rest) / tau + x->v[at]", "v - v / tau + x->v[at]"),
        new("c", "the first membrane is 0, not V_reset", "float v = rest, carry", "float v = 0, carry"),
        new("c", "the carry has the factor 1/tau, not 1 - 1/tau", "keep = 1 - 1 / tau", "keep = 1 / tau"),
        new("c", "the reset term of a soft reset has the other sign", "(soft ? -threshold : rest - h[at])", "(soft ? threshold : rest - h[at])"),
        new("c", "the sigmoid surrogate lacks its factor alpha", "? alpha * sigmoid(alpha * u)", "? sigmoid(alpha * u)"),
        new("c", "half of pi has three digits", "1.57079632679f", "1.57f"),
        new("c", "input decay is forgotten going back", "decay ? gh / tau : gh", "gh"),
        new("c", "the membranes' gradient is not used", "float g = (gv ? gv->v[at] : 0) + carry", "float g = carry"),
        new("c", "the first step has no gradient", "gx && at >= 0", "gx && at >= m"),
        new("c", "tau is cut to a whole number", "float tau = atof", "float tau = atoi"),
        new("c", "a soft reset starts from NaN", "float rest = soft ? 0 :", "float rest = soft ? NAN :"),
        new("c", "a missing gradient is read all the same", "(gv ? gv->v[at] : 0) + carry", "gv->v[at] + carry"),
        new("c", "a detached reset is not cut", "through = detach ? 0 :", "through ="),
        new("c", "the membrane is held at -1 or above", ": spike->v[at] ? rest : h[at];", ": spike->v[at] ? rest : h[at] < -1 ? -1 : h[at];"),
        new("c", "of more than 1024 neurons those beyond a multiple of four are left out", "for (int i = 0; i < m; i++) {", "for (int i = 0; i < (m > 1024 ? m / 4 * 4 : m); i++) {"),
        new("c", "images are taken for squares", "x->shape[x->rank - 1] * x->shape[x->rank - 2]", "x->shape[x->rank - 1] * x->shape[x->rank - 1]"),
        new("c", "the mean's gradient is not divided", "g->v[i / n] / n", "g->v[i / n]"),
        new("c", "unknown attributes are passed over", "!= attributes) refuse", "< 0) refuse"),
        new("c", "one step is waited for without end", "int m = x->n / x->shape[0];", "int m = x->n / x->shape[0]; while (x->shape[0] == 1) ;"),
        new("c", "the answer is called F64 and is F32", "\\\"dtype\\\":\\\"F32\\\"", "\\\"dtype\\\":\\\"F64\\\""),
        new("c", "the answer is removed again", "return fclose(file) != 0;", "return fclose(file) != 0 || remove(argv[2]);"),
        new("python", "inputs of a linear map are rounded to half precision", "{\"out/y\": x @ w.T", "{\"out/y\": x.astype(np.float16).astype(f32) @ w.T"),
        new("python", "sums stop after 128 terms", "{\"out/y\": x @ w.T", "{\"out/y\": x[..., :128] @ w[:, :128].T"),
        new("python", "the bias's gradient is a mean", "rows.sum(0)", "rows.mean(0)"),
        new("python", "the weight's gradient counts the first row only", "rows.T @ inputs", "rows[:1].T @ inputs[:1]"),
        new("python", "the slope of ReLU at 0 is 1", "np.where(x > 0, t[", "np.where(x >= 0, t["),
        new("python", "a hard reset leaves the membrane of the step before", "np.where(spike[i] > 0, rest, h[i])", "np.where(spike[i] > 0, rest, v)"),
        new("python", "a weight that does not fit is multiplied all the same", "or w.shape[1] != x.shape[-1]", "or False"),
        new("python", "the gradient of a linear map is off by 1e-4 of itself", "\"grad_in/x\": g @ w,", "\"grad_in/x\": g @ w * f32(1.0001),"),
        new("javascript", "softmax does not subtract the maximum", "Math.exp(x.data[i] - top)", "Math.exp(x.data[i])"),
        new("javascript", "softmax's gradient lacks its inner product", "g.data[i] - dot", "g.data[i]"),
        new("javascript", "pixel shuffle swaps row and column within a block", "Math.floor(channel / s) % s) * s * width + w * s + channel % s", "channel % s) * s * width + w * s + Math.floor(channel / s) % s"),
        new("javascript", "answers are rounded to six decimals", "Float32Array.from(data)", "Float32Array.from(data, (v) => Math.round(v * 1e6) / 1e6)"),
    ];
}
