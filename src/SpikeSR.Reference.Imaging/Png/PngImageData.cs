namespace SpikeSR.Reference.Imaging.Png;

/// <summary>The data of consecutive IDAT chunks as one stream. At its end the chunk that follows them is current.</summary>
internal sealed class PngImageData(PngChunks chunks) : CompressedBytes
{
    protected override int Take(Span<byte> buffer)
    {
        while (chunks.Type == "IDAT")
        {
            var count = chunks.Read(buffer);
            if (count > 0)
            {
                return count;
            }

            chunks.Next();
        }

        return 0;
    }
}
