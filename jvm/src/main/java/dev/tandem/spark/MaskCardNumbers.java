package dev.tandem.spark;

import dev.tandem.contract.ContractDefinition;
import org.apache.spark.sql.api.java.UDF1;

/** {@code mask_card_numbers(payload)}: the payload with all but the last four digits of card numbers hidden. */
public final class MaskCardNumbers implements UDF1<byte[], byte[]> {
    private static final long serialVersionUID = 1L;

    @Override
    public byte[] call(byte[] payload) {
        return payload == null ? null : ContractDefinition.packaged().cardNumbers().mask(payload);
    }
}
