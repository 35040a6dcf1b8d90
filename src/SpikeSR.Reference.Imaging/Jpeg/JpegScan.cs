namespace SpikeSR.Reference.Imaging.Jpeg;

/// <summary>A scan (ITU-T T.81, B.2.3): some components, a band of coefficients, and the coded data of their blocks.</summary>
internal sealed class JpegScan
{
    private readonly SourceFile _file;
    private readonly JpegFrame _frame;
    private readonly JpegBits _bits;
    private readonly HuffmanTable?[] _dc;
    private readonly HuffmanTable?[] _ac;
    private readonly int _restartInterval;
    private int _mcusUntilRestart;
    private int _nextRestart;
    private int _endOfBandRun;

    private JpegScan(SourceFile file, JpegFrame frame, JpegBits bits, JpegComponent[] components, HuffmanTable?[] dc, HuffmanTable?[] ac, int restartInterval)
    {
        _file = file;
        _frame = frame;
        _bits = bits;
        Components = components;
        _dc = dc;
        _ac = ac;
        _restartInterval = _mcusUntilRestart = restartInterval;
        foreach (var component in components)
        {
            component.Prediction = 0;
        }
    }

    /// <summary>The components of the scan.</summary>
    public JpegComponent[] Components { get; }

    /// <summary>First and last coefficient in coding order.</summary>
    public int Start { get; private init; }

    /// <inheritdoc cref="Start"/>
    public int End { get; private init; }

    /// <summary>The bit that an earlier scan ended with, 0 for a first scan.</summary>
    public int High { get; private init; }

    /// <summary>The lowest bit that this scan brings.</summary>
    public int Low { get; private init; }

    public static JpegScan Parse(JpegState state, JpegInput input, JpegFrame frame, ReadOnlySpan<byte> segment)
    {
        var file = input.File;
        if (segment.Length < 1 || segment[0] is < 1 or > 4 || segment.Length != 4 + (2 * segment[0]))
        {
            throw file.Malformed("SOS", $"a length of {segment.Length + 2}", "6 and 2 for each of 1 to 4 components");
        }

        var count = segment[0];
        var (start, end, high, low) = (segment[^3], segment[^2], segment[^1] >> 4, segment[^1] & 15);
        var sound = frame.IsProgressive
            ? start <= end && end < 64 && (start > 0 || end == 0) && (start == 0 || count == 1) && low <= 13 && (high == 0 || high == low + 1)
            : start == 0 && end == 63 && high == 0 && low == 0;
        if (!sound)
        {
            throw file.Malformed("SOS", $"coefficients {start} to {end}, bits {high} to {low}, {count} components", "a combination that T.81 has");
        }

        var components = new JpegComponent[count];
        var dc = new HuffmanTable?[count];
        var ac = new HuffmanTable?[count];
        var blocks = 0;
        for (var i = 0; i < count; i++)
        {
            var name = segment[1 + (2 * i)];
            var component = frame.Components.FirstOrDefault(c => c.Identifier == name);
            if (component is null || components.Contains(component))
            {
                throw file.Malformed("SOS", $"component {name}", "each component of the frame at most once");
            }

            components[i] = component;
            component.Steps ??= state.QuantizationSteps(component.QuantizationTable);
            blocks += component.Horizontal * component.Vertical;

            // Refinements of DC coefficients are plain bits.
            var tables = segment[2 + (2 * i)];
            dc[i] = start == 0 && high == 0 ? state.Code(0, tables >> 4) : null;
            ac[i] = end > 0 ? state.Code(1, tables & 15) : null;
            component.HasDc |= start == 0 && high == 0;
        }

        if (count > 1 && blocks > 10)
        {
            throw file.Malformed("SOS", $"{blocks} blocks in an MCU", "at most 10");
        }

        return new JpegScan(file, frame, new JpegBits(input), components, dc, ac, state.RestartInterval) { Start = start, End = end, High = high, Low = low };
    }

    /// <summary>Decodes a row of MCUs of an image whose components all stand in this one sequential scan.</summary>
    /// <param name="show">Takes component, its block's row within the MCU row, its block's column, and coefficients in natural order.</param>
    public void DecodeMcuRow(Action<JpegComponent, int, int, ReadOnlySpan<short>> show)
    {
        Span<short> block = stackalloc short[64];
        for (var mcu = 0; mcu < _frame.McusAcross; mcu++)
        {
            RestartIfDue();
            for (var i = 0; i < Components.Length; i++)
            {
                var component = Components[i];
                for (var row = 0; row < component.Vertical; row++)
                {
                    for (var column = 0; column < component.Horizontal; column++)
                    {
                        block.Clear();
                        DecodeSequential(i, block);
                        _bits.Check();
                        show(component, row, (mcu * component.Horizontal) + column, block);
                    }
                }
            }
        }
    }

    /// <summary>Decodes the whole scan into the components' coefficients.</summary>
    public void DecodeAll()
    {
        if (Components.Length == 1)
        {
            var component = Components[0];
            for (var row = 0; row < component.BlocksDown; row++)
            {
                for (var column = 0; column < component.BlocksAcross; column++)
                {
                    RestartIfDue();
                    DecodeBlock(0, component.Block(row, column));
                }
            }

            return;
        }

        for (var mcuRow = 0; mcuRow < _frame.McusDown; mcuRow++)
        {
            for (var mcu = 0; mcu < _frame.McusAcross; mcu++)
            {
                RestartIfDue();
                for (var i = 0; i < Components.Length; i++)
                {
                    var component = Components[i];
                    for (var row = 0; row < component.Vertical; row++)
                    {
                        for (var column = 0; column < component.Horizontal; column++)
                        {
                            DecodeBlock(i, component.Block((mcuRow * component.Vertical) + row, (mcu * component.Horizontal) + column));
                        }
                    }
                }
            }
        }
    }

    /// <summary>Goes to the marker after the scan.</summary>
    public int TakeMarker() => _bits.TakeMarker();

    private void RestartIfDue()
    {
        if (_restartInterval == 0)
        {
            return;
        }

        if (_mcusUntilRestart == 0)
        {
            var marker = _bits.TakeMarker();
            if (marker != 0xD0 + _nextRestart)
            {
                throw _file.Malformed("coded data", $"marker FF{marker:X2}", $"restart marker FF{0xD0 + _nextRestart:X2}");
            }

            _nextRestart = (_nextRestart + 1) % 8;
            _mcusUntilRestart = _restartInterval;
            _endOfBandRun = 0;
            foreach (var component in Components)
            {
                component.Prediction = 0;
            }
        }

        _mcusUntilRestart--;
    }

    private void DecodeBlock(int index, Span<short> block)
    {
        if (!_frame.IsProgressive)
        {
            DecodeSequential(index, block);
        }
        else if (Start == 0)
        {
            DecodeDc(index, block);
        }
        else if (High == 0)
        {
            DecodeBand(block);
        }
        else
        {
            RefineBand(block);
        }

        _bits.Check();
    }

    private void DecodeSequential(int index, Span<short> block)
    {
        var component = Components[index];
        component.Prediction += _bits.ReadSigned(Size(_bits.Decode(_dc[index]!)));
        block[0] = (short)component.Prediction;
        var table = _ac[index]!;
        for (var k = 1; k < 64; k++)
        {
            var symbol = _bits.Decode(table);
            var (run, size) = (symbol >> 4, symbol & 15);
            if (size == 0)
            {
                if (run < 15)
                {
                    break;
                }

                k += 15;
                continue;
            }

            k = Within(k + run);
            block[JpegTables.NaturalOrder[k]] = (short)_bits.ReadSigned(size);
        }
    }

    private void DecodeDc(int index, Span<short> block)
    {
        if (High == 0)
        {
            var component = Components[index];
            component.Prediction += _bits.ReadSigned(Size(_bits.Decode(_dc[index]!)));
            block[0] = (short)(component.Prediction << Low);
        }
        else if (_bits.Read(1) != 0)
        {
            block[0] |= (short)(1 << Low);
        }
    }

    // T.81, G.1.2.2: as in a sequential scan, but a run of blocks may end at once.
    private void DecodeBand(Span<short> block)
    {
        if (_endOfBandRun > 0)
        {
            _endOfBandRun--;
            return;
        }

        for (var k = Start; k <= End; k++)
        {
            var symbol = _bits.Decode(_ac[0]!);
            var (run, size) = (symbol >> 4, symbol & 15);
            if (size == 0)
            {
                if (run < 15)
                {
                    _endOfBandRun = (1 << run) + _bits.Read(run) - 1;
                    return;
                }

                k += 15;
                continue;
            }

            k = Within(k + run);
            block[JpegTables.NaturalOrder[k]] = (short)(_bits.ReadSigned(size) << Low);
        }
    }

    // T.81, G.1.2.3: one more bit of each coefficient that is not zero, and new coefficients of magnitude 1 between them.
    private void RefineBand(Span<short> block)
    {
        var k = Start;
        if (_endOfBandRun == 0)
        {
            for (; k <= End; k++)
            {
                var symbol = _bits.Decode(_ac[0]!);
                var (run, size) = (symbol >> 4, symbol & 15);
                short added = 0;
                if (size == 1)
                {
                    added = (short)((_bits.Read(1) != 0 ? 1 : -1) << Low);
                }
                else if (size != 0)
                {
                    throw _file.Malformed("coded data", $"a new coefficient of {size} bits in a refinement", "1 bit");
                }
                else if (run < 15)
                {
                    _endOfBandRun = (1 << run) + _bits.Read(run);
                    break;
                }

                for (; k <= End; k++)
                {
                    ref var coefficient = ref block[JpegTables.NaturalOrder[k]];
                    if (coefficient != 0)
                    {
                        Refine(ref coefficient);
                    }
                    else if (--run < 0)
                    {
                        break;
                    }
                }

                if (added != 0)
                {
                    block[JpegTables.NaturalOrder[Within(k)]] = added;
                }
            }
        }

        if (_endOfBandRun > 0)
        {
            for (; k <= End; k++)
            {
                ref var coefficient = ref block[JpegTables.NaturalOrder[k]];
                if (coefficient != 0)
                {
                    Refine(ref coefficient);
                }
            }

            _endOfBandRun--;
        }
    }

    private void Refine(ref short coefficient)
    {
        if (_bits.Read(1) != 0 && (coefficient & (1 << Low)) == 0)
        {
            coefficient += (short)((coefficient > 0 ? 1 : -1) << Low);
        }
    }

    private int Size(int symbol) => symbol <= 15 ? symbol : throw _file.Malformed("coded data", $"a DC difference of {symbol} bits", "at most 15");

    private int Within(int k) => k <= End ? k : throw _file.Malformed("coded data", $"coefficient {k}", $"at most {End}");
}
