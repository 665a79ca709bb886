package dev.tandem.flink;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.DataTypeQueryable;
import org.apache.flink.table.types.logical.RowType;

/** The type of a {@link FeaturedRow}: to the Table API an ordinary row, on the way between tasks in two parts. */
final class FeaturedRowType extends TypeInformation<RowData> implements DataTypeQueryable {
    private static final long serialVersionUID = 1L;

    private final TypeInformation<RowData> event;
    private final InternalTypeInfo<RowData> added;
    private final InternalTypeInfo<RowData> whole;

    /** Rows of {@code event}, of the logical type {@code eventType}, with the columns {@code added} behind them. */
    FeaturedRowType(TypeInformation<RowData> event, RowType eventType, RowType added) {
        List<RowType.RowField> fields = new ArrayList<>(eventType.getFields());
        fields.addAll(added.getFields());
        this.event = event;
        this.added = InternalTypeInfo.of(added);
        whole = InternalTypeInfo.of(new RowType(false, fields));
    }

    RowType rowType() {
        return whole.toRowType();
    }

    @Override
    public DataType getDataType() {
        return whole.getDataType();
    }

    @Override
    public TypeSerializer<RowData> createSerializer(SerializerConfig config) {
        return new FeaturedRowSerializer(event.createSerializer(config), added.createSerializer(config));
    }

    @Override
    public boolean isBasicType() {
        return false;
    }

    @Override
    public boolean isTupleType() {
        return false;
    }

    @Override
    public int getArity() {
        return whole.getArity();
    }

    @Override
    public int getTotalFields() {
        return whole.getTotalFields();
    }

    @Override
    public Class<RowData> getTypeClass() {
        return RowData.class;
    }

    @Override
    public boolean isKeyType() {
        return false;
    }

    @Override
    public String toString() {
        return whole.toString();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FeaturedRowType type && event.equals(type.event) && added.equals(type.added);
    }

    @Override
    public int hashCode() {
        return Objects.hash(event, added);
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof FeaturedRowType;
    }
}
