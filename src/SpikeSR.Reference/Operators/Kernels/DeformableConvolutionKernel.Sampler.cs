using System.Numerics;
using System.Runtime.CompilerServices;
using SpikeSR.Reference.Tensors;

namespace SpikeSR.Reference.Operators.Kernels;

/// <content>Bilinear sampling of the columns, and its gradients.</content>
internal static unsafe partial class DeformableConvolutionKernel
{
    /// <summary>
    /// Samples columns in the layout [group][tap][channel of the group]. Corners outside the image read a row of zeros, which is multiplied as the definition does.
    /// </summary>
    private readonly struct Sampler<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly ConvolutionSettings _settings;
        private readonly int _offsetGroups;
        private readonly int _height;
        private readonly int _width;
        private readonly int _channels;
        private readonly int _rows;
        private readonly int _columns;
        private readonly int _taps;
        private readonly int _offsetStride;
        private readonly int _maskStride;
        private readonly int* _positions;
        private readonly T _lastRow;
        private readonly T _lastColumn;
        private readonly T* _x;
        private readonly T* _offset;
        private readonly T* _mask;
        private readonly T* _zeros;

        public Sampler(
            ConvolutionSettings settings, int offsetGroups, TensorView<T> x, TensorView<T> offset, TensorView<T> mask, Shape weight, Shape y, Workspace.Scope scope)
            : this(settings, offsetGroups, x, offset.Pointer, offset.Shape[3], mask.Pointer, mask.IsAbsent ? 0 : mask.Shape[3], weight, y, scope)
        {
        }

        /// <summary>The same with offsets and mask at any distance from pixel to pixel.</summary>
        public Sampler(
            ConvolutionSettings settings,
            int offsetGroups,
            TensorView<T> x,
            T* offset,
            int offsetStride,
            T* mask,
            int maskStride,
            Shape weight,
            Shape y,
            Workspace.Scope scope)
        {
            (_settings, _offsetGroups, _offsetStride, _maskStride) = (settings, offsetGroups, offsetStride, maskStride);
            (_height, _width, _channels) = (x.Shape[1], x.Shape[2], x.Shape[3]);
            (_rows, _columns, _taps) = (y[1], y[2], weight[2] * weight[3]);
            (_lastRow, _lastColumn) = (Last(_height), Last(_width));
            _x = x.Pointer;
            _offset = offset;
            _mask = mask;
            _zeros = scope.RentCleared<T>(new Shape(_channels)).Pointer;
            var offsets = scope.Rent<int>(weight[1], _taps);
            var k = 0;
            for (var channel = 0; channel < weight[1]; channel++)
            {
                for (var tap = 0; tap < _taps; tap++)
                {
                    offsets.Pointer[k++] = (tap * weight[1]) + channel;
                }
            }

            Offsets = offsets.Pointer;
            _positions = scope.Rent<int>(offsetGroups * _taps, 2).Pointer;
            for (var at = 0; at < offsetGroups * _taps; at++)
            {
                _positions[2 * at] = (at % _taps / weight[3] * settings.Dilation) - settings.Padding;
                _positions[(2 * at) + 1] = (at % weight[3] * settings.Dilation) - settings.Padding;
            }
        }

        /// <summary>Numbers in the columns of a pixel.</summary>
        public int Width => _channels * _taps;

        /// <summary>Numbers that the cells of a block of pixels take.</summary>
        public int CellsLength => _offsetGroups * _taps * Cell.Length;

        /// <summary>Where the k-th factor, k = (channel, tap), stands in a group's columns.</summary>
        public int* Offsets { get; }

        /// <summary>Writes the columns of pixels [first, first + count), at most a block.</summary>
        /// <typeparam name="TLane">The lane type.</typeparam>
        /// <param name="first">First pixel, counting through the images.</param>
        /// <param name="count">Pixels.</param>
        /// <param name="cells">Room for <see cref="CellsLength"/> numbers.</param>
        /// <param name="columns">Where to.</param>
        public void Sample<TLane>(int first, int count, T* cells, T* columns)
            where TLane : unmanaged, ILane<TLane, T>
        {
            Locate<TLane>(first, count, cells);
            var block = _channels / _offsetGroups;
            for (var i = 0; i < count; i++, columns += Width)
            {
                var image = Image(first + i);
                var cell = cells + i;
                var mask = _mask + ((nint)(first + i) * _maskStride);
                for (var from = 0; from < _channels; from += block)
                {
                    for (var tap = 0; tap < _taps; tap++, cell += Cell.Length)
                    {
                        var corners = CornersOf(cell, image);
                        var modulation = _mask is null ? T.One : *mask++;
                        for (var c = from; c < from + block;)
                        {
                            var column = Column(columns, tap, c, from + block, out var end);
                            var whole = end - ((end - c) % TLane.Width);
                            Blend<TLane>(corners, cell, modulation, c, whole, column);
                            if (whole < end)
                            {
                                Blend<LaneScalar<T>>(corners, cell, modulation, whole, end, column + (whole - c));
                            }

                            c = end;
                        }
                    }
                }
            }
        }

        /// <summary>
        /// For pixels [first, first + count): writes the columns again, sums the gradients by offset and mask, and scatters that by the input,
        /// ascending by pixel, then tap, then corner.
        /// </summary>
        public void Backward<TLane>(int first, int count, T* gradColumns, T* cells, T* columns, T* terms, T* gradX, T* gradOffset, T* gradMask)
            where TLane : unmanaged, ILane<TLane, T>
        {
            Locate<TLane>(first, count, cells);
            var block = _channels / _offsetGroups;
            for (var i = 0; i < count; i++, columns += Width, gradColumns += Width)
            {
                var image = Image(first + i);
                var cell = cells + i;
                var at = (nint)(first + i) * _offsetGroups * _taps;
                for (var from = 0; from < _channels; from += block)
                {
                    for (var tap = 0; tap < _taps; tap++, cell += Cell.Length, at++)
                    {
                        var corners = CornersOf(cell, image);
                        var modulation = _mask is null ? T.One : _mask[at];
                        for (var c = from; c < from + block;)
                        {
                            var column = Column(columns, tap, c, from + block, out var end);
                            var gradColumn = gradColumns + (column - columns);
                            var whole = end - ((end - c) % TLane.Width);
                            Backward<TLane>(corners, cell, modulation, c, whole, gradColumn, column, terms, gradX);
                            if (whole < end)
                            {
                                Backward<LaneScalar<T>>(corners, cell, modulation, whole, end, gradColumn + (whole - c), column + (whole - c), terms, gradX);
                            }

                            c = end;
                        }

                        gradOffset[2 * at] = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(terms + from, _channels), 0, block);
                        gradOffset[(2 * at) + 1] = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(terms + from, _channels), 1, block);
                        if (gradMask is not null)
                        {
                            gradMask[at] = FixedOrderKernel.Along<TLane, T, ChannelSumKernel.Elements<T>>(new(terms + from, _channels), 2, block);
                        }
                    }
                }
            }
        }

        // The last of so many rows or columns, as a number; 0, which no cell lies before, where the format may not have it.
        private static T Last(int count) => count <= 1 << 24 ? T.CreateTruncating(count - 1) : T.Zero;

        // The first channel of the first pixel of a pixel's image.
        private T* Image(int pixel) => _x + ((nint)(pixel / (_rows * _columns)) * _height * _width * _channels);

        // Where channel c of a tap stands in a pixel's columns, and up to which channel its neighbours stand beside it: to the end of its offset group, or of the
        // group. Without groups nothing is divided.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private T* Column(T* columns, int tap, int c, int offsetGroupEnd, out int end)
        {
            end = offsetGroupEnd;
            if (_settings.Groups == 1)
            {
                return columns + (tap * _channels) + c;
            }

            var (group, channelsInGroup) = (c / (_channels / _settings.Groups), _channels / _settings.Groups);
            end = Math.Min(end, (group + 1) * channelsInGroup);
            return columns + (((group * _taps) + tap - group) * channelsInGroup) + c;
        }

        // Writes the cells that pixels sample, [offset group, tap, number, pixel]: lanes run across pixels. What lies behind the last pixel is computed from
        // whatever stands there and not read.
        private void Locate<TLane>(int first, int count, T* cells)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var positions = 2 * _offsetGroups * _taps;
            var (_, p, q) = Convolution.Unravel(first, _rows, _columns);
            for (var i = 0; i < count; i++)
            {
                var (row, column) = (p * _settings.Stride, q * _settings.Stride);
                var offset = _offset + ((nint)(first + i) * _offsetStride);
                var cell = cells + i;
                for (var k = 0; k < positions; k += 2, cell += Cell.Length)
                {
                    cell[Cell.Y] = T.CreateTruncating(row + _positions[k]) + offset[k];
                    cell[Cell.X] = T.CreateTruncating(column + _positions[k + 1]) + offset[k + 1];
                }

                if (++q == _columns)
                {
                    (p, q) = (p + 1 == _rows ? 0 : p + 1, 0);
                }
            }

            var (zero, one, outside) = (TLane.Broadcast(T.Zero), TLane.Broadcast(T.One), TLane.Broadcast(T.NegativeOne));
            var (lastRow, lastColumn) = (TLane.Broadcast(_lastRow), TLane.Broadcast(_lastColumn));
            for (var k = 0; k < positions; k += 2, cells += Cell.Length)
            {
                for (var cell = cells; cell < cells + count; cell += TLane.Width)
                {
                    var (y, x) = (TLane.Load(cell + Cell.Y), TLane.Load(cell + Cell.X));
                    var (top, left) = (TLane.Floor(y), TLane.Floor(x));
                    var isInside = TLane.And(
                        TLane.And(TLane.IsGreaterOrEqual(top, zero), TLane.IsGreater(lastRow, top)),
                        TLane.And(TLane.IsGreaterOrEqual(left, zero), TLane.IsGreater(lastColumn, left)));
                    var (ly, lx) = (y - top, x - left);
                    var (hy, hx) = (one - ly, one - lx);
                    TLane.Store(cell + Cell.Top, TLane.Select(isInside, top, outside));
                    TLane.Store(cell + Cell.Left, left);
                    TLane.Store(cell + Cell.Ly, ly);
                    TLane.Store(cell + Cell.Lx, lx);
                    TLane.Store(cell + Cell.Hy, hy);
                    TLane.Store(cell + Cell.Hx, hx);
                    TLane.Store(cell + Cell.Weight00, hy * hx);
                    TLane.Store(cell + Cell.Weight01, hy * lx);
                    TLane.Store(cell + Cell.Weight10, ly * hx);
                    TLane.Store(cell + Cell.Weight11, ly * lx);
                }
            }
        }

        // image: the first channel of the image's first pixel.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Corners<T> CornersOf(T* cell, T* image)
        {
            if (!(cell[Cell.Top] >= T.Zero))
            {
                return CornersAtEdge(T.Floor(cell[Cell.Y]), cell[Cell.Left], image);
            }

            var (pixel, row) = ((nint)_channels, (nint)_width * _channels);
            var corner = image + (T.ConvertToIntegerNative<int>(cell[Cell.Top]) * row) + (T.ConvertToIntegerNative<int>(cell[Cell.Left]) * pixel);
            return new Corners<T>(corner, corner + pixel, corner + row, corner + row + pixel);
        }

        // Positions are compared as numbers before they become integers.
        private Corners<T> CornersAtEdge(T floorY, T floorX, T* image)
        {
            var (top, left) = (double.CreateTruncating(floorY), double.CreateTruncating(floorX));
            var (isTop, isBottom) = (top >= 0 && top < _height, top + 1 >= 0 && top + 1 < _height);
            var (isLeft, isRight) = (left >= 0 && left < _width, left + 1 >= 0 && left + 1 < _width);
            var (pixel, row) = ((nint)_channels, (nint)_width * _channels);
            var corner = image + ((isTop || isBottom ? (int)top : 0) * row) + ((isLeft || isRight ? (int)left : 0) * pixel);
            return new Corners<T>(
                isTop && isLeft ? corner : _zeros,
                isTop && isRight ? corner + pixel : _zeros,
                isBottom && isLeft ? corner + row : _zeros,
                isBottom && isRight ? corner + row + pixel : _zeros);
        }

        // For channels [c, end): the bilinear form, modulated.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Blend<TLane>(Corners<T> corners, T* cell, T modulation, int c, int end, T* column)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var weight00 = TLane.Broadcast(cell[Cell.Weight00]);
            var weight01 = TLane.Broadcast(cell[Cell.Weight01]);
            var weight10 = TLane.Broadcast(cell[Cell.Weight10]);
            var weight11 = TLane.Broadcast(cell[Cell.Weight11]);
            var mask = TLane.Broadcast(modulation);
            for (; c < end; c += TLane.Width, column += TLane.Width)
            {
                var (v00, v01) = (TLane.Load(corners.V00 + c), TLane.Load(corners.V01 + c));
                var (v10, v11) = (TLane.Load(corners.V10 + c), TLane.Load(corners.V11 + c));
                TLane.Store(column, Bilinear(weight00, weight01, weight10, weight11, v00, v01, v10, v11) * mask);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TLane Bilinear<TLane>(TLane weight00, TLane weight01, TLane weight10, TLane weight11, TLane v00, TLane v01, TLane v10, TLane v11)
            where TLane : unmanaged, ILane<TLane, T> =>
            TLane.FusedMultiplyAdd(weight11, v11, TLane.FusedMultiplyAdd(weight10, v10, TLane.FusedMultiplyAdd(weight01, v01, weight00 * v00)));

        // For channels [c, end): the columns, the terms of the gradients by y, x and mask [3, channels], and what is added to gradX.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Backward<TLane>(Corners<T> corners, T* cell, T modulation, int c, int end, T* gradColumn, T* column, T* terms, T* gradX)
            where TLane : unmanaged, ILane<TLane, T>
        {
            var (ly, lx) = (TLane.Broadcast(cell[Cell.Ly]), TLane.Broadcast(cell[Cell.Lx]));
            var (hy, hx) = (TLane.Broadcast(cell[Cell.Hy]), TLane.Broadcast(cell[Cell.Hx]));
            var weight00 = TLane.Broadcast(cell[Cell.Weight00]);
            var weight01 = TLane.Broadcast(cell[Cell.Weight01]);
            var weight10 = TLane.Broadcast(cell[Cell.Weight10]);
            var weight11 = TLane.Broadcast(cell[Cell.Weight11]);
            var mask = TLane.Broadcast(modulation);
            for (; c < end; c += TLane.Width, column += TLane.Width, gradColumn += TLane.Width)
            {
                var v00 = TLane.Load(corners.V00 + c);
                var v01 = TLane.Load(corners.V01 + c);
                var v10 = TLane.Load(corners.V10 + c);
                var v11 = TLane.Load(corners.V11 + c);
                var sample = Bilinear(weight00, weight01, weight10, weight11, v00, v01, v10, v11);
                var g = TLane.Load(gradColumn);
                var gradSample = g * mask;
                var slopeY = TLane.FusedMultiplyAdd(lx, v11 - v01, hx * (v10 - v00));
                var slopeX = TLane.FusedMultiplyAdd(ly, v11 - v10, hy * (v01 - v00));
                TLane.Store(column, sample * mask);
                TLane.Store(terms + c, gradSample * slopeY);
                TLane.Store(terms + _channels + c, gradSample * slopeX);
                TLane.Store(terms + ((nint)2 * _channels) + c, g * sample);
                Scatter(gradX, corners.V00, c, weight00, gradSample);
                Scatter(gradX, corners.V01, c, weight01, gradSample);
                Scatter(gradX, corners.V10, c, weight10, gradSample);
                Scatter(gradX, corners.V11, c, weight11, gradSample);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Scatter<TLane>(T* gradX, T* corner, int c, TLane weight, TLane g)
            where TLane : unmanaged, ILane<TLane, T>
        {
            if (corner != _zeros)
            {
                var place = gradX + (corner - _x) + c;
                TLane.Store(place, TLane.FusedMultiplyAdd(weight, g, TLane.Load(place)));
            }
        }
    }
}
