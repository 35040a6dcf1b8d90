using System.Xml.Linq;

namespace SpikeSR.Reference.Training.Tests;

/// <summary>The log goes on where the run does, and the curve draws what it says.</summary>
public sealed class TrainingLogTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("spikesr").FullName, "log.csv");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public void A_run_that_is_taken_up_again_drops_the_lines_after_its_step_and_goes_on()
    {
        Write(0, (10, 0.5, null), (20, 0.25, 27.5), (30, 0.125, null));
        Write(20, (30, 0.2, 28));
        Assert.Equal([new(10, 0.5, null), new(20, 0.25, 27.5), new(30, 0.2, 28)], TrainingLog.Entries(_path));
    }

    [Fact]
    public void A_new_run_starts_a_new_log()
    {
        Write(0, (10, 0.5, null));
        Write(0, (10, 0.75, null));
        Assert.Equal([new(10, 0.75, null)], TrainingLog.Entries(_path));
    }

    [Fact]
    public void The_curve_is_well_formed_and_falls_where_the_loss_does()
    {
        XNamespace svg = "http://www.w3.org/2000/svg";
        var lines = XDocument.Parse(TrainingCurve.Draw([new(10, 0.5, null), new(20, 0.25, 27.5), new(40, 0.125, 28)], bicubic: 27)).Descendants(svg + "polyline").ToList();
        Assert.Equal(2, lines.Count);
        var (loss, quality) = (Points(lines[0]), Points(lines[1]));
        Assert.Equal((3, 2), (loss.Length, quality.Length));
        // Down the page y grows: the loss falls by equal steps on a logarithmic scale, the PSNR rises; equal steps lie equally far apart.
        Assert.Equal(loss[1].Y - loss[0].Y, loss[2].Y - loss[1].Y, 0);
        Assert.True(loss[1].Y > loss[0].Y && quality[1].Y < quality[0].Y);
        Assert.Equal(2 * (loss[1].X - loss[0].X), loss[2].X - loss[1].X, 0);
    }

    [Fact]
    public void A_curve_of_a_single_line_without_a_measurement_can_be_drawn()
    {
        Assert.Single(XDocument.Parse(TrainingCurve.Draw([new(1, 0.5, null)], bicubic: null)).Descendants(), element => element.Name.LocalName == "polyline");
    }

    private static (double X, double Y)[] Points(XElement line) =>
        [.. line.Attribute("points")!.Value.Split(' ').Select(point => point.Split(',')).Select(pair => (double.Parse(pair[0]), double.Parse(pair[1])))];

    private void Write(long from, params (long Step, double Loss, double? Psnr)[] lines)
    {
        using var log = new TrainingLog(_path, from);
        foreach (var (step, loss, psnr) in lines)
        {
            log.Add(new TrainingReport(new TrainingStep(step, loss, 1e-3, 1), loss, psnr, 1, TimeSpan.Zero));
        }
    }
}
