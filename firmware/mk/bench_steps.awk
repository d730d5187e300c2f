# Adds the header and the speed-up of partial updates over updating everything.
BEGIN {
    FS = OFS = ","
    print "core,variant,model,mode,trainable_layers,lambda_min,lambda_max,updated,forward,backward," \
        "update,step,macs_forward,macs_backward,backward_speedup,step_speedup"
}
{
    key = $1 OFS $2 OFS $3 OFS $4
    backward = $10 + $11
    if (!(key in all)) {
        all[key] = backward
        step[key] = $12
    }
    printf "%s,%.2f,%.2f\n", $0, all[key] / backward, step[key] / $12
}
