package dev.tandem.flink;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.table.data.RowData;

/**
 * Both parts of a {@link FeaturedRow}, one behind the other: what came in as bytes goes on as these bytes, and only
 * the columns that a step added are written anew. For the way between tasks; nothing of it is kept in a state.
 */
final class FeaturedRowSerializer extends TypeSerializer<RowData> {
    private static final long serialVersionUID = 1L;

    private final TypeSerializer<RowData> event;
    private final TypeSerializer<RowData> added;

    FeaturedRowSerializer(TypeSerializer<RowData> event, TypeSerializer<RowData> added) {
        this.event = event;
        this.added = added;
    }

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public TypeSerializer<RowData> duplicate() {
        return new FeaturedRowSerializer(event.duplicate(), added.duplicate());
    }

    @Override
    public RowData createInstance() {
        return new FeaturedRow(event.createInstance(), added.createInstance());
    }

    @Override
    public RowData copy(RowData row) {
        FeaturedRow featured = (FeaturedRow) row;
        return new FeaturedRow(event.copy(featured.event), added.copy(featured.added));
    }

    @Override
    public RowData copy(RowData row, RowData reuse) {
        return copy(row);
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(RowData row, DataOutputView target) throws IOException {
        FeaturedRow featured = (FeaturedRow) row;
        event.serialize(featured.event, target);
        added.serialize(featured.added, target);
    }

    @Override
    public RowData deserialize(DataInputView source) throws IOException {
        RowData first = event.deserialize(source);
        return new FeaturedRow(first, added.deserialize(source));
    }

    @Override
    public RowData deserialize(RowData reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        event.copy(source, target);
        added.copy(source, target);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FeaturedRowSerializer serializer
                && event.equals(serializer.event)
                && added.equals(serializer.added);
    }

    @Override
    public int hashCode() {
        return 31 * event.hashCode() + added.hashCode();
    }

    @Override
    public TypeSerializerSnapshot<RowData> snapshotConfiguration() {
        throw new UnsupportedOperationException("rows on their way between tasks are not kept in a state");
    }
}
